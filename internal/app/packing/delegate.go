package packing

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/process"
)

// Program is the program that builds packages and repositories.
const Program = "converge-pkg"

// Delegate replaces this process by converge-pkg with the same command line: it returns only if that fails.
func Delegate(env *environ.Env) error {
	name, err := find(env)
	if err != nil {
		return exit.With(exit.Failure, err,
			"install the package converge-pkg, or put the program beside converge; it is built by go build ./cmd/converge-pkg")
	}
	return process.Replace(name, slices.Concat([]string{Program}, env.Args), env.Vars)
}

// find returns the file of the program: beside this one, or on the PATH.
func find(env *environ.Env) (string, error) {
	if self, err := os.Executable(); err == nil {
		if self, err = filepath.EvalSymlinks(self); err == nil {
			beside := filepath.Join(filepath.Dir(self), Program)
			if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return beside, nil
			}
		}
	}
	name, err := process.Find(Program, env.Getenv("PATH"))
	if errors.Is(err, process.ErrNotFound) {
		return "", fmt.Errorf("cannot find %s, the program that builds packages and repositories", Program)
	}
	return name, err
}
