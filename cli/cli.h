/* cli - verbs that need every box. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

int cmd_up(int argc, char **argv);
int cmd_broker(int argc, char **argv); /* orderly broker acl */

#endif
