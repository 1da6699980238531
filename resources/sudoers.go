package resources

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Sudoers is the kind of one file of rules of sudo. A provider of nil serves
// documentation and validation.
func Sudoers(p resource.Provider) *resource.Kind {
	attrs := append([]resource.Attr{
		typeAttr(TypeFile),
		{
			Name: "name", Required: true, Option: true, Public: true, Check: checkSudoersName,
			Doc: "The name of the file: letters, digits, `-` and `_`. sudo ignores files whose names contain a dot or end with `~`.",
		},
		madePathAttr("The path of the file: `/etc/sudoers.d/NAME`."),
		{Name: "users", Option: true, Wording: true, Public: true, Check: checkNames, Doc: "The users that the rule is for."},
		{Name: "groups", Option: true, Wording: true, Public: true, Check: checkNames, Doc: "The groups that the rule is for. One of `users` and `groups` is required, unless there is `content`."},
		{
			Name: "commands", Option: true, Wording: true, Check: checkSudoCommands,
			Doc: "The commands that they may run: `\"ALL\"`, or absolute paths, with the arguments that are allowed behind them. Without arguments, all are allowed; `\"\"` behind the path allows none. " +
				"`*`, `?` and `[…]` are patterns as in sudoers(5), and a `!` before a path takes it away again. converge escapes `,`, `:`, `=` and `#`.",
		},
		{Name: "run_as", Option: true, Wording: true, Public: true, Check: checkRunAs, Doc: "The user as whom they may run them: a name, `USER:GROUP`, `:GROUP`, or `ALL`. Unset: root."},
		{Name: "nopasswd", Option: true, Wording: true, Doc: "Whether they need not enter their password."},
		{
			Name: "content", SecretIf: []string{"users", "groups", "commands", "run_as", "sensitive"},
			Doc: "The whole text of the file, in place of the rule.",
		},
		{
			Name: "verify", Option: true, Check: checkVerify,
			Doc: "The command that checks all rules of sudo before the file replaces the old one, as in `file`. Unset: `[\"/usr/sbin/visudo\", \"-c\"]`. Where all rules cannot be checked before that, as in a container without the right to mount, the file is not written: `[\"/usr/sbin/visudo\", \"-cf\", \"{path}\"]` checks it alone.",
		},
	}, madePermAttrs("sudo ignores or refuses files with others.")...)
	for i := range attrs {
		if attrs[i].Name == "mode" {
			attrs[i].Doc = "0440."
		}
	}
	return &resource.Kind{
		Name: "sudoers", Doc: sudoersDoc, Example: sudoersExample, Label: "name",
		Attrs:   resource.Typing[SudoersWant](append(attrs, contentAttrs()...)),
		Prepare: resource.Preparing(prepareSudoers),
		Inert:   true,
		Links:   resource.Reading(sudoersLinks), Revert: resource.Reverting(revertMade), Provider: p,
		ContentAttr: "content", KeepsEdit: keepsEdit,
		Named: func(key string) map[string]cty.Value {
			return map[string]cty.Value{"name": cty.StringVal(path.Base(key))}
		},
	}
}

// SudoersWant is the struct of the kind sudoers. A wanted file lacks the attributes from which its content was made.
type SudoersWant struct {
	Place
	Name     string                 `attr:"name"`
	Users    resource.Opt[[]string] `attr:"users"`
	Groups   resource.Opt[[]string] `attr:"groups"`
	Commands resource.Opt[[]string] `attr:"commands"`
	RunAs    resource.Opt[string]   `attr:"run_as"`
	NoPasswd resource.Opt[bool]     `attr:"nopasswd"`
	Verify   resource.Opt[[]string] `attr:"verify"`
	Permissions
	Contents
}

const sudoersFolder = "/etc/sudoers.d/"

const sudoersExample = `sudoers "deploy" {
  groups   = ["deploy"]
  commands = ["/usr/bin/systemctl restart app"]
  nopasswd = true
}
`

const sudoersDoc = "One file of rules of sudo: the whole file `/etc/sudoers.d/NAME`, which belongs to root and has the mode 0440. converge replaces it in one step.\n\n" +
	"A mistake in any of sudo's files can keep everybody from using sudo. So visudo(8) checks all of them together, as they will be, before any is replaced, and when one is removed: " +
	"an alias that two files define, or a mistake in another file, is an error that names it, and the old file stays. A plan runs that check too.\n\n" +
	"It comes after the package `sudo`, which brings visudo. The file counts only if `/etc/sudoers` includes the folder, as that of all distributions does.\n\n" +
	"With `--root`, the visudo of that tree checks the rules of that tree. A tree without sudo is an error, because nothing could check them: install `sudo` there first, or set `verify`.\n"

func prepareSudoers(_ resource.Input, s *SudoersWant) error {
	s.Path = resource.Text(sudoersFolder + s.Name)
	if !s.Verify.Set {
		s.Verify = resource.Some([]string{"/usr/sbin/visudo", "-c"})
	}
	if s.IsAbsent() {
		*s = SudoersWant{Place: s.Place, Name: s.Name, Verify: s.Verify, Contents: s.ofAbsent()}
		return s.Place.normalize(TypeFile, nil)
	}
	s.Mode, s.Owner, s.Group = resource.Some("0440"), resource.Some("0"), resource.Some("0")
	if err := s.Place.normalize(TypeFile, &s.Permissions); err != nil {
		return err
	}
	s.normalizeBackup()
	rule := s.Users.Set || s.Groups.Set || s.Commands.Set || s.RunAs.Set || s.NoPasswd.Set
	switch {
	case s.Content != nil && rule:
		return attrError("content", "cannot stand beside users, groups, commands, run_as and nopasswd")
	case s.Content == nil && len(s.Users.Value)+len(s.Groups.Value) == 0:
		return errors.New("needs users or groups, or content")
	case s.Content == nil && len(s.Commands.Value) == 0:
		return attrError("commands", `the commands that may be run are needed, or ["ALL"]`)
	case s.Content == nil:
		s.Content = resource.BytesBlob(s.rule())
	}
	*s = SudoersWant{Place: s.Place, Name: s.Name, Verify: s.Verify, Permissions: s.Permissions, Contents: s.Contents}
	return nil
}

// rule is the text of the file with one rule.
func (s *SudoersWant) rule() []byte {
	out := bytes.NewBufferString("# Made by converge, which replaces it as a whole.\n")
	var who, commands []string
	for _, name := range s.Users.Value {
		who = append(who, escapeSudoName(name))
	}
	for _, name := range s.Groups.Value {
		who = append(who, "%"+escapeSudoName(name))
	}
	for _, c := range s.Commands.Value {
		commands = append(commands, escapeSudoCommand(resource.DecodeBytes(c)))
	}
	fmt.Fprintf(out, "%s ALL=", strings.Join(who, ", "))
	if s.RunAs.Set {
		user, group, both := strings.Cut(s.RunAs.Value, ":")
		fmt.Fprintf(out, "(%s", escapeSudoName(user))
		if both {
			fmt.Fprintf(out, ":%s", escapeSudoName(group))
		}
		out.WriteString(") ")
	}
	if s.NoPasswd.Value {
		out.WriteString("NOPASSWD: ")
	}
	fmt.Fprintf(out, "%s\n", strings.Join(commands, ", "))
	return out.Bytes()
}

// escapeSudoName writes a name for sudoers(5), in which most special characters have a meaning.
func escapeSudoName(name string) string {
	var out strings.Builder
	for _, c := range []byte(resource.DecodeBytes(name)) {
		if c < 0x80 && !isWordRune(rune(c)) && c != '-' && c != '.' {
			out.WriteByte('\\')
		}
		out.WriteByte(c)
	}
	return out.String()
}

// escapeSudoCommand escapes the characters that would end a command, unless they are escaped already.
func escapeSudoCommand(command string) string {
	var out strings.Builder
	escaped := false
	for _, c := range []byte(command) {
		if strings.IndexByte(",:=#", c) >= 0 && !escaped {
			out.WriteByte('\\')
		}
		escaped = c == '\\' && !escaped // a backslash can be escaped, too
		out.WriteByte(c)
	}
	return out.String()
}

func checkSudoersName(v cty.Value) error {
	return require(checkCronName(v) == nil, "must hold only letters, digits, - and _: sudo ignores files with a dot or a ~ in their names")
}

func checkSudoCommands(v cty.Value) error {
	if v.LengthInt() == 0 {
		return errors.New("must have one command at least")
	}
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			return errors.New("must not contain null")
		}
		s := e.AsString()
		file, _, _ := strings.Cut(strings.TrimPrefix(s, "!"), " ")
		if s != "ALL" && (!strings.HasPrefix(file, "/") || strings.ContainsAny(s, "\n\x00")) || strings.HasSuffix(s, `\`) {
			return fmt.Errorf("must hold %q or absolute paths of programs, and %q is neither", "ALL", s)
		}
	}
	return nil
}

func checkRunAs(v cty.Value) error {
	s := v.AsString()
	return require(s != "" && s != ":" && strings.Count(s, ":") < 2 && !strings.ContainsAny(s, "/\n\x00"), "must be USER, USER:GROUP, :GROUP or ALL")
}

func sudoersLinks(want Entry) resource.Links {
	if strings.HasPrefix(want.Name.Value, "/") { // the physical path, which replaces the label
		want.Path = resource.Text(want.Name.Value)
	}
	l := pathLinks(want)
	if !want.IsAbsent() {
		addNeed(&l, "package:", "sudo", "that package brings the check of its rules")
	}
	return l
}
