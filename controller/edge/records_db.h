/* records_db - the database handle behind records.h, for the files that hold its tables. */
#ifndef EDGE_RECORDS_DB_H
#define EDGE_RECORDS_DB_H

#include <sqlite3.h>

#include "records.h"

struct records { sqlite3 *db; };

sqlite3_stmt *db_prepare(struct records *r, const char *sql); /* NULL: out of memory, or not our tables */
bool db_bind(sqlite3_stmt *st, int at, const char *text);
void db_text(sqlite3_stmt *st, int column, char *out, size_t size);
bool db_done(sqlite3_stmt *st);                               /* steps once, to its end, and finalizes */

#endif
