// Package abi reads which shared libraries an installation image provides and
// which ones its programs link to, and so determines which dependents must be
// rebuilt when a package is switched to another version, and for which the switch
// itself is enough.
//
// Start with [Read]: image in, [Facts] out. [Facts.Fields] and [ParseFields]
// convert facts to and from control data. [Judge] compares two versions of a
// package and returns for each of its dependents: nothing, relink or rebuild.
//
// It reads an ELF file as the dynamic loader does: through its segments,
// never through its sections, which a stripped file may lack and a hostile one
// may make arbitrarily expensive. All tables are bounded; a file that
// contradicts itself is reported by name and left out.
//
// It is not a linker and not an ABI checker. It sees names, versions and the sizes of copied data. Like the loader, it
// does not see a function that keeps its name and changes its arguments, or a structure that changes behind a pointer.
// It does not see libraries that a program opens by dlopen either, nor symbols that are only ever looked up weakly.
package abi
