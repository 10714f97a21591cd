/*
 * A file server of a few lines: it gives one file to whoever asks, line after line.
 */
#ifndef ANSER_FILES_H
#define ANSER_FILES_H

#include <stdbool.h>
#include <stddef.h>

enum { FILE_BYTES = 256 * 1024 };

/* Starts it on a port of 127.0.0.1, which it gives, in a thread of its own. */
int files_start(void);
/* Whether it stops in the middle of the next files and waits until the other side hangs up. */
void files_stall(bool stall);
/* The byte of the file at this place. */
char files_byte(size_t place);
void files_stop(void);

#endif
