// Package house holds the rules of form that tests can check:
//
//   - arrows_test.go: which room imports which; ARCHITECTURE.md's table is
//     compared with the output of go list;
//   - picture_test.go: the pictures of the imports in ARCHITECTURE.md;
//   - form_test.go: gofmt and the sizes of files and functions;
//   - types_test.go: how many methods a type has;
//   - comments_test.go: comments begin with the name of what they are about, and
//     pages name Go files that exist;
//   - effects_test.go: which rooms write files, run programs and print;
//   - state_test.go: no package-level variables and no init functions;
//   - reads_test.go: attributes are read as fields and not by their names;
//   - tidy_test.go: go.mod is as go mod tidy makes it.
//
// Start with sources in source_test.go, which parses every file once. The
// package is for tests only; rules that need a linter are in .golangci.yml.
package house
