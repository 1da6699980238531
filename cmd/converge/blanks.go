package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// refuseBlanks refuses a --var whose value is a separate argument for the shell: --var domain = a.
func refuseBlanks(cmd *cobra.Command, args []string) error {
	vars, err := cmd.Flags().GetStringArray("var")
	if err != nil {
		return nil //nolint:nilerr // the command has no such flag
	}
	for _, v := range vars {
		name, empty := strings.CutSuffix(v, "=")
		if name == "" || strings.Contains(name, "=") {
			continue
		}
		if value, split := valueBehind(args, empty); split {
			return fmt.Errorf("--var %s stands alone, because the shell parts words at blanks. Write it without blanks: --var %s", v, quoteForShell(name+"="+value))
		}
	}
	return nil
}

// valueBehind returns a variable's value that became other arguments. After "NAME=", it is the argument that would be
// the PATH, but does not exist.
func valueBehind(args []string, empty bool) (value string, split bool) {
	for i, arg := range args {
		switch {
		case empty:
			_, err := os.Stat(arg)
			return arg, i == len(args)-1 && os.IsNotExist(err) && !strings.Contains(arg, "/")
		case arg == "=" && i+1 < len(args):
			return args[i+1], true
		case strings.HasPrefix(arg, "="):
			return arg[1:], true
		}
	}
	return "", false
}

// quoteForShell quotes a word if a shell would change it.
func quoteForShell(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=./:,+@%") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
