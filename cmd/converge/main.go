// Command converge makes one Linux host what its manifest says.
//
// Every command has a file of its own; kinds.go joins the kinds of resources
// with what makes them. What a person sees is written by internal/view, what
// happens is decided by internal/engine: here are flags, the way between the
// rooms, and the exit status.
package main

import "os"

func main() { os.Exit(run(os.Args[1:])) }
