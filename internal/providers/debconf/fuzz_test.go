package debconf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/providers/packages/tool"
)

func toolCommand(stdin string) tool.Command {
	return tool.Command{Argv: []string{"perl", "-e", script}, Stdin: stdin}
}

// Files of any bytes are read without a panic, every record has a name, and what was read
// is read again when it is written in debconf's way.
func FuzzRecords(f *testing.F) {
	for _, file := range []string{"config.dat", "templates.dat"} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("Name: a\nValue:  x\\ny \nOwners: a, b,c\nFlags: seen,  other\nVariables:\n Value = no\n\tOwners = no\nTemplate: t\n\nName:\n\n\nname: b\nVALUE:\n")
	f.Fuzz(func(t *testing.T, text string) {
		var all []record
		parseRecords([]byte(text), func(r *record) { all = append(all, *r) })
		for _, r := range all {
			if r.name == "" {
				t.Fatalf("a record without a name in %q", text)
			}
			e := entry{question: r.question}
			if strings.ContainsAny(r.template+strings.Join(r.owners, ""), blanks+",") || len(r.owners) == 0 || isBlank(r.name[0]) {
				continue // debconf writes none such
			}
			var again []record
			parseRecords([]byte(e.text(r.name)), func(r *record) { again = append(again, *r) })
			if len(again) != 1 || again[0].name != r.name || again[0].seen != r.seen || (again[0].value == nil) != (r.value == nil) || r.value != nil && *again[0].value != *r.value {
				t.Fatalf("%+v is read as %+v", r, again)
			}
		}
	})
}

// The configuration of debconf never makes a panic or an endless walk.
func FuzzConfig(f *testing.F) {
	f.Add(configuration)
	f.Add("Config: a\nTemplates: a\n\nName: a\nDriver: Stack\nStack: a, a\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseConfig(text)
		for _, file := range append(s.answers, s.templates...) {
			if err == nil && !strings.HasPrefix(file, "/") {
				t.Fatalf("%q of %q", file, text)
			}
		}
	})
}
