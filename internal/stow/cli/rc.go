package cli

import (
	"cmp"
	"context"
	"os"

	"converge/internal/stow/cli/stowrc"
	"converge/internal/userdb"
)

// commandReader reads the words of a command.
type commandReader struct{ *printer }

// readCommand combines the command line with the resource files. The help works despite mistakes in these.
func (c *commandReader) readCommand(ctx context.Context) (Command, error) {
	line, err := parseWords(Command{}, c.Args, c.warn)
	if err != nil || line.Verb == VerbHelp || line.Verb == VerbVersion {
		return line, err
	}
	words := c.readResourceFiles()
	if len(words) == 0 {
		return line, nil
	}
	rc, err := c.parseResources(ctx, words)
	if err != nil {
		return rc, err
	}
	return parseWords(rc.asDefaults(line), c.Args, c.warn)
}

// readResourceFiles reads the words of ~/.stowrc and then ./.stowrc. An unreadable file counts as missing. In the home
// directory, the same file is read twice.
func (c *commandReader) readResourceFiles() (words []string) {
	dirs := []string{c.Dir}
	if home, ok := c.Lookup("HOME"); ok {
		dirs = []string{home, c.Dir}
	}
	for _, dir := range dirs {
		if text, err := os.ReadFile(dir + "/.stowrc"); err == nil {
			words = append(words, stowrc.Words(string(text))...)
		}
	}
	return words
}

// parseResources parses the words of the resource files as one command line. Of the options that select the work, only
// --help and --version count, as in GNU Stow.
func (c *commandReader) parseResources(ctx context.Context, words []string) (Command, error) {
	cmd, err := (&parsing{resource: true}).parseWords(words, c.warn)
	if err != nil || cmd.Verb == VerbHelp || cmd.Verb == VerbVersion {
		return cmd, err
	}
	expand := stowrc.Expander{Lookup: c.Lookup, Home: func(user string) string { return c.findHome(ctx, user) }}
	for _, path := range []struct {
		of     *Text
		source string
	}{
		{&cmd.Target, "--target option"},
		{&cmd.Dir, "--dir option"},
	} {
		if path.of.Given {
			if path.of.Value, err = expand.Path(path.of.Value, path.source); err != nil {
				return cmd, err
			}
		}
	}
	return cmd, nil
}

// findHome returns the home directory of a user, or of the user of this process.
func (c *commandReader) findHome(ctx context.Context, user string) string {
	users := userdb.New("/")
	if user != "" {
		u, _ := users.User(ctx, user) // an unknown user has no home
		return u.Home
	}
	home, _ := c.Lookup("HOME")
	logdir, _ := c.Lookup("LOGDIR")
	if home = cmp.Or(home, logdir); home == "" {
		u, _ := users.UserByID(ctx, uint32(os.Getuid()))
		home = u.Home
	}
	return home
}
