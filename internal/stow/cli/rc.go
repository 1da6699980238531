package cli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"converge/internal/stow/cli/stowrc"
	"converge/internal/userdb"
)

// commandReader reads the words of a command.
type commandReader struct{ *printer }

// readCommand combines the command line with the resource files. Help works
// despite any mistake in the latter.
func (c *commandReader) readCommand(ctx context.Context) (Command, error) {
	cmd, err := parseWords(c.Args, c.warn)
	if err != nil || cmd.Verb == VerbHelp || cmd.Verb == VerbVersion {
		return cmd, err
	}
	rc, err := c.readResourceFiles(ctx)
	return cmd.mergeInto(rc), err
}

// readResourceFiles parses ~/.stowrc and then ./.stowrc, as one command line. A file that
// cannot be read is none. In the home directory the same file is read twice.
func (c *commandReader) readResourceFiles(ctx context.Context) (Command, error) {
	var words []string
	if home, ok := c.Lookup("HOME"); ok {
		words = rcWords(home + "/.stowrc")
	}
	words = append(words, rcWords(filepath.Join(c.Dir, ".stowrc"))...)
	if len(words) == 0 {
		return Command{}, nil
	}
	cmd, err := parseWords(words, c.warn)
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

func rcWords(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return stowrc.Words(string(text))
}

// findHome returns the home directory of a user, or of the user of this process.
func (c *commandReader) findHome(ctx context.Context, user string) string {
	users := userdb.New("/")
	if user != "" {
		u, err := users.User(ctx, user)
		if err != nil {
			return ""
		}
		return u.Home
	}
	home, _ := c.Lookup("HOME")
	logdir, _ := c.Lookup("LOGDIR")
	if home = cmp.Or(home, logdir); home == "" {
		if u, err := users.UserByID(ctx, uint32(os.Getuid())); err == nil {
			home = u.Home
		}
	}
	return home
}
