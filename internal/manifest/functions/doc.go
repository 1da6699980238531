// Package functions holds the functions of the language that read nothing but
// their arguments. Terraform users know their names and meanings.
//
// Start with [PureFunctions]. What most functions make is no larger than what
// they are given; limit.go bounds the others before they run. Functions that
// read files are the manifest's own (funcs_file.go there).
package functions
