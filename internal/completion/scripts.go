package completion

import (
	"embed"
	"io/fs"
)

// scripts are the scripts of the shells.
//
//go:embed converge.bash converge.zsh converge.fish
var scripts embed.FS

// Script returns the script by which bash, zsh or fish complete command lines of
// converge.
func Script(name string) ([]byte, error) { return fs.ReadFile(scripts, "converge."+name) }
