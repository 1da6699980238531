package abi

import "errors"

// What one file may take. The largest libraries that are shipped (LLVM,
// browsers) stay below a tenth of each.
const (
	maxHeaders  = 1 << 20   // bytes of program headers
	maxDynamic  = 1 << 20   // bytes of the dynamic segment
	maxStrings  = 128 << 20 // bytes of the string table
	maxSymbols  = 2 << 20   // dynamic symbols
	maxVersions = 1 << 16   // version definitions, and needs
	maxRelocs   = 512 << 20 // bytes of relocations, read piece by piece
	maxName     = 1 << 16   // bytes of one name
)

var (
	errNotRegular = errors.New("not a regular file")
	errOutside    = errors.New("a table lies outside the file")
	errTooMuch    = errors.New("a table is larger than any library needs")
	errName       = errors.New("a name lies outside the string table")
	errLoop       = errors.New("a list of versions does not end")
	errHash       = errors.New("the hash table is damaged")
)
