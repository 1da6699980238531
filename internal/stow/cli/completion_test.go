package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"converge/internal/stow/cli"
)

// TestDocsCompletions generates the lists of options in the shells' completions from the table that parses the command
// line, as TestDocsOptions does for the manual page.
func TestDocsCompletions(t *testing.T) {
	for file, lists := range map[string]map[string]func() string{
		"stow2.bash":   {"values": bashValues, "words": bashWords, "lists": bashLists},
		"_stow2":       {"specs": zshSpecs},
		"stow2.fish":   {"stow2": fishStow2},
		"chkstow.fish": {"chkstow": fishChkstow},
	} {
		path := filepath.Join("..", "..", "..", "packaging", "completions", file)
		script, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := fillLists(t, file, script, lists)
		switch {
		case bytes.Equal(script, want):
		case !*update:
			t.Errorf("%s is stale, make docs writes it; it should be\n%s", path, want)
		default:
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// fillLists writes each list between its two comments, with the same indentation.
func fillLists(t *testing.T, file string, script []byte, lists map[string]func() string) []byte {
	block := regexp.MustCompile(`(?ms)^([ \t]*)# options: (\w+)\n.*?^[ \t]*# end$`)
	filled := block.ReplaceAllFunc(script, func(found []byte) []byte {
		m := block.FindSubmatch(found)
		indent, name := string(m[1]), string(m[2])
		list, ok := lists[name]
		if !ok {
			t.Fatalf("%s: there is no list of options %q, or two of it", file, name)
		}
		delete(lists, name)
		var b strings.Builder
		fmt.Fprintf(&b, "%s# options: %s\n", indent, name)
		for line := range strings.Lines(list()) {
			b.WriteString(indent + line)
		}
		return []byte(b.String() + indent + "# end")
	})
	for name := range lists {
		t.Errorf("%s: there is no list of options %q", file, name)
	}
	return filled
}

// value describes how the value of an option is completed.
type value struct {
	what    string   // "directory", "path", "choice", "text" (by nothing); "" there is none
	choices []string // of "choice"
	joined  bool     // optional, and not a separate word
}

func valueOf(o cli.Option) value {
	arg := strings.Trim(o.Arg, "[]")
	v := value{what: "text", joined: arg != o.Arg}
	switch {
	case arg == "":
		v.what = ""
	case strings.Contains(arg, "|"):
		v.what, v.choices = "choice", strings.Split(arg, "|")
	case arg == "DIR":
		v.what = "directory"
	case arg == "FILE", arg == "PATH":
		v.what = "path"
	}
	return v
}

// selectOptions returns the options of stow2, or those of its lists, which chkstow has, too.
func selectOptions(lists bool) (options []cli.Option) {
	for _, o := range cli.Options() {
		if (o.Part == cli.Lists) == lists {
			options = append(options, o)
		}
	}
	return options
}

func bashValues() string {
	var b strings.Builder
	actions := []struct{ what, do string }{{"directory", "_stow2_paths -d"}, {"path", "_stow2_paths -f"}, {"text", ""}}
	for _, a := range actions {
		var names []string
		for _, o := range cli.Options() {
			if v := valueOf(o); v.what == a.what && !v.joined {
				names = append(names, o.Names...)
			}
		}
		fmt.Fprintf(&b, "%s) %s ;;\n", strings.Join(names, " | "), a.do)
	}
	for _, o := range cli.Options() {
		if v := valueOf(o); v.what == "choice" {
			fmt.Fprintf(&b, "%s) _stow2_words '%s' ;;\n", strings.Join(o.Names, " | "), strings.Join(v.choices, " "))
		}
	}
	return strings.ReplaceAll(b.String(), ")  ;;", ") ;;")
}

func bashWords() string { return "words='" + bashNames(false) + "'\n" + bashLists() }

func bashLists() string { return "local lists='" + bashNames(true) + "'\n" }

func bashNames(lists bool) string {
	var names []string
	for _, o := range selectOptions(lists) {
		for _, n := range o.Names {
			if v := valueOf(o); v.what != "" && !v.joined && strings.HasPrefix(n, "--") {
				n += "="
			}
			names = append(names, n)
		}
	}
	return strings.Join(names, " ")
}

func zshSpecs() string {
	return "options=(\n" + zshOptions(false) + ")\nlists=(\n" + zshOptions(true) + ")\n"
}

func zshOptions(lists bool) string {
	var b strings.Builder
	for _, o := range selectOptions(lists) {
		for _, n := range o.Names {
			fmt.Fprintf(&b, "  '%s%s[%s]%s'\n", zshExcluded(o), zshName(o, n), zshQuote(o.Doc), zshValue(o, n))
		}
	}
	return b.String()
}

// zshExcluded returns the options that are not completed after an option: the option itself, or nothing if it may be
// repeated.
func zshExcluded(o cli.Option) string {
	if o.Arg == "REGEX" || o.Arg == "PATH" || o.Names[0] == "--view" || o.Names[0] == "-v" || len(o.Names[0]) == 2 && strings.Contains("SDR", o.Names[0][1:]) {
		return "*"
	}
	return "(" + strings.Join(o.Names, " ") + ")"
}

// zshName returns an option with the place of its value.
func zshName(o cli.Option, name string) string {
	v := valueOf(o)
	switch long := strings.HasPrefix(name, "--"); {
	case v.what == "":
		return name
	case v.joined && long:
		return name + "=-"
	case v.joined:
		return name
	case long:
		return name + "="
	}
	return name + "+"
}

func zshValue(o cli.Option, name string) string {
	v := valueOf(o)
	colon := ":"
	if v.joined {
		if !strings.HasPrefix(name, "--") {
			return "" // -v 2 and -v2 need no help
		}
		colon = "::"
	}
	switch v.what {
	case "directory":
		return colon + "directory:_files -/"
	case "path":
		return colon + "path:_files"
	case "choice":
		return colon + "choice:(" + strings.Join(v.choices, " ") + ")"
	case "text":
		return colon + strings.ToLower(strings.Trim(o.Arg, "[]")) + ": "
	}
	return ""
}

func zshQuote(s string) string {
	return strings.NewReplacer(`'`, `'\''`, `[`, `\[`, `]`, `\]`).Replace(s)
}

func fishStow2() string {
	return fishOptions("stow2", false, "") + fishOptions("stow2", true, "__stow2_given --check")
}

func fishChkstow() string { return fishOptions("chkstow", true, "") }

func fishOptions(program string, lists bool, condition string) string {
	var b strings.Builder
	for _, o := range selectOptions(lists) {
		fmt.Fprintf(&b, "complete -c %s", program)
		if condition != "" {
			fmt.Fprintf(&b, " -n '%s'", condition)
		}
		for _, n := range o.Names {
			if long, ok := strings.CutPrefix(n, "--"); ok {
				b.WriteString(" -l " + long)
			} else {
				b.WriteString(" -s " + n[1:])
			}
		}
		b.WriteString(fishValue(valueOf(o)))
		fmt.Fprintf(&b, " -d '%s'\n", strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(o.Doc))
	}
	return b.String()
}

func fishValue(v value) string {
	switch {
	case v.joined, v.what == "":
		return ""
	case v.what == "directory":
		return " -x -a '(__fish_complete_directories (commandline -ct))'"
	case v.what == "path":
		return " -r -F"
	}
	return " -x -a '" + strings.Join(v.choices, " ") + "'"
}
