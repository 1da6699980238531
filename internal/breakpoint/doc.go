// Package breakpoint stops a program before its system calls, and kills it there or
// makes the call fail. It is for tests.
//
// Start with [Run], in the test. The program calls [Enable] first, which loads a
// filter of system calls that has the kernel ask the test (seccomp_unotify(2)). Only
// the calls that matter stop the program, and so it takes little longer than without
// stops; under ptrace(2) each call stops it, and Go's runtime makes hundreds of calls
// before main.
package breakpoint
