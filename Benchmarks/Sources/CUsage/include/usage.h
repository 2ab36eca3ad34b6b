// What this process has used.

#ifndef USAGE_H
#define USAGE_H

/// Seconds of a steady clock.
double wall_seconds(void);
/// Seconds of CPU, user and system, of all threads.
double cpu_seconds(void);
/// Bytes of memory that are resident now.
long resident_bytes(void);
/// Open file descriptors.
int open_descriptors(void);

#endif
