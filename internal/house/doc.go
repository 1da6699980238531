// Package house holds the rules of the code's form that tests can hold: which
// room imports which (the table in ARCHITECTURE.md is compared with what go
// list says), the sizes of files and functions, gofmt, and that programs are run by package process alone. It is for tests only;
// what takes a linter to see is .golangci.yml's.
package house
