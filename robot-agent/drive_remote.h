/* drive_remote - the motion of a real vehicle, in a program of its own and any language, behind the calls of drive.h.
 *
 * Text lines over one TCP connection, ended by \n, numbers are whole (mm, mm/s, mrad). What the agent says begins with a
 * number that rises by one with every command:
 *
 *   N leg TAG X Y SPEED STOP     append a straight leg that ends at X Y; SPEED 0: its own; STOP 1: come to rest there
 *   N stop                       brake now and forget what lies beyond
 *   N pause 1|0                  brake now and keep the legs; go on
 *   N relocate X Y THETA         believe you are here; legs are forgotten
 *   N alive                      nothing new, twice a second; N is that of the last command
 *
 * What the vehicle says:
 *
 *   pose X Y THETA SPEED STANDING SEEN   ten times a second; STANDING 1: at rest with nothing left to run, or paused; SEEN: the last N
 *   passed TAG                           the end of that leg was passed (or reached)
 *   fault TEXT                           it cannot drive; a person reads TEXT.  ok: it can again
 *
 * (1) Loss is safe on both sides: a vehicle that hears nothing for a second brakes by itself and stays so until it hears a
 * line again, an agent that hears nothing for a second reports a fatal error, takes no legs and sends no more, until poses
 * come again.  (2) STANDING counts only when SEEN says that it was written after the last command.  Pure: no sockets. */
#ifndef AGENT_DRIVE_REMOTE_H
#define AGENT_DRIVE_REMOTE_H

#include "drive.h"

#define DRIVE_REMOTE_LEGS 64
#define DRIVE_REMOTE_LOST_MS 1000
#define DRIVE_REMOTE_ALIVE_MS 400

struct drive_remote;
size_t drive_remote_memory(void);
int drive_remote_open(struct drive_remote **out, struct arena *mem, const struct drive_pose *start);
struct drive drive_remote_ops(struct drive_remote *d);
/* One line of the vehicle, without its end. False: it makes no sense; it counts as nothing said. */
bool drive_remote_line(struct drive_remote *d, const char *line, ms_t now_ms);
/* What to write next, ended by \n; false: nothing. After a new connection everything begins anew: legs are lost. */
bool drive_remote_next(struct drive_remote *d, char *line, size_t size, ms_t now_ms);
void drive_remote_connected(struct drive_remote *d, ms_t now_ms);
/* NULL: it can drive. Else why not, for the error the agent reports. */
const char *drive_remote_trouble(const struct drive_remote *d, ms_t now_ms);

#endif
