// Package house holds the rules of form that tests can check: which room imports
// which (ARCHITECTURE.md's table is compared with the output of go list), the
// sizes of files and functions, gofmt, and that package process alone runs
// programs. It is for tests only; rules that need a linter are in
// .golangci.yml.
package house
