package resources

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// maxCronCommand is the longest command: Debian's cron refuses the whole table if one is longer.
const maxCronCommand = 998

// cronCommand returns a command as a line for the shell: a list of words is quoted.
func cronCommand(v cty.Value) (string, error) {
	var text string
	if v.Type() == cty.String {
		text = strings.TrimSpace(resource.DecodeBytes(v.AsString()))
	} else {
		var words []string
		for _, e := range v.AsValueSlice() {
			words = append(words, quoteShell(resource.DecodeBytes(e.AsString())))
		}
		text = strings.Join(words, " ")
	}
	switch {
	case strings.ContainsAny(text, "\n\r\x00"):
		return "", errors.New("must be one line")
	case strings.Contains(text, `\%`):
		return "", errors.New(`must have % without a backslash: converge escapes it for cron`)
	case strings.Contains(text, `\\`): // Debian's cron reads two as one, and cronie does not
		return "", errors.New(`must not have two backslashes in a row, which some programs cron take for one: put it into a script`)
	case len(text)+strings.Count(text, "%") > maxCronCommand:
		return "", fmt.Errorf("must have at most %d bytes, which is what cron takes: put it into a script", maxCronCommand)
	}
	return text, nil
}

// quoteShell quotes a word for sh.
func quoteShell(word string) string {
	plain := word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !isWordRune(r) && !strings.ContainsRune("-./:,@%+=", r)
	})
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func isWordRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_'
}

// quoteCronEnv quotes the value of a variable for crontab(5), which strips the quotes around it.
func quoteCronEnv(value string) string {
	if value != "" && strings.TrimSpace(value) == value && !strings.ContainsAny(value, `"'`) {
		return value
	}
	if strings.Contains(value, `"`) {
		return "'" + value + "'"
	}
	return `"` + value + `"`
}

func checkCronEnv(v cty.Value) error {
	for name, e := range v.AsValueMap() {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isWordRune(r) }) || '0' <= name[0] && name[0] <= '9' {
			return fmt.Errorf("must have names of variables, and %q is none", name)
		}
		if e.IsNull() {
			return errors.New("must not contain null")
		}
		value := resource.DecodeBytes(e.AsString())
		if strings.ContainsAny(value, "\n\r\x00") || strings.Contains(value, `"`) && strings.Contains(value, "'") {
			return fmt.Errorf("must have values of one line, with one kind of quotes at most: %s", name)
		}
		if strings.TrimRight(value, " \t") != value {
			return fmt.Errorf("must have values without blanks at the end, which cron drops: %s", name)
		}
	}
	return nil
}

func checkCronName(v cty.Value) error {
	s := v.AsString()
	ok := s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isWordRune(r) && r != '-' })
	return require(ok, "must hold only letters, digits, - and _: cron ignores files with other names")
}

// checkJobs checks the form of a list of jobs; Prepare reads their values.
func checkJobs(v cty.Value) error {
	t := v.Type()
	if !t.IsTupleType() && !t.IsListType() || v.LengthInt() == 0 {
		return errors.New("must be a list of objects, with one at least")
	}
	for _, e := range v.AsValueSlice() {
		if e.IsNull() || !e.Type().IsObjectType() && !e.Type().IsMapType() {
			return errors.New("must be a list of objects")
		}
		for name, attr := range e.AsValueMap() {
			switch {
			case name != "schedule" && name != "user" && name != "command":
				return fmt.Errorf("must have jobs with schedule, command and user, and not with %s", name)
			case name != "command" && !attr.IsNull() && attr.Type() != cty.String:
				return fmt.Errorf("must have a string as %s", name)
			}
		}
	}
	return nil
}

const cronExample = `cron "backup" {
  schedule = "30 2 * * mon-fri"
  user     = "backup"
  command  = ["/usr/bin/backup", "--all"]
  env      = { MAILTO = "ops@example.com" }
}
`

const cronDoc = "One table of cron: the whole file `/etc/cron.d/NAME`. converge replaces it in one step, and cron reads it within a minute, without being notified. With `--root`, the table is that of the tree, which needs no cron yet.\n\n" +
	"A mistake that would make cron ignore the table is an error of the manifest: a schedule that crontab(5) does not accept or that never comes, a name with a dot, " +
	"the user in front of the command or behind the schedule (`user = \"www-data\"` sets it), six fields (cron has no seconds), `@every` (`\"*/5 * * * *\"` is every five minutes), " +
	"a command of several lines or of more than 998 bytes, two backslashes in a row (one to the cron of Debian, two to cronie). The last line has its line break, and `%`, which cron would take for the end of the command, is escaped.\n\n" +
	"The table belongs to root, and no other user may write it. It comes after the users that its jobs run as, and after the package `cron` or `cronie`. A user who is neither there nor declared is an error, and a plan notes that no cron is there. " +
	"Where systemd starts services, a `timer` shows in its status what ran, and makes up for missed runs.\n"
