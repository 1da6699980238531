package edit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestNamesAlone shows the meaning of a name without a value in the files of several programs. PHP and systemd ignore
// such a line; MySQL reads an option as on, except one with a text, which gets its default.
func TestNamesAlone(t *testing.T) {
	const mysql, pacman, php, unit, ini = "/etc/mysql/my.cnf", "/etc/pacman.conf", "/etc/php.ini", "/etc/systemd/system.conf", "/etc/x.ini"
	gone := "(gone)"
	for _, c := range []struct{ file, key, before, value, after string }{
		{mysql, "skip_networking", "skip-networking", gone, ""},
		{mysql, "skip-name-resolve", "a=1\nskip_name_resolve # c", "0", "a=1\nskip_name_resolve=0 # c"},
		{mysql, "skip-name-resolve", "skip_name_resolve # c", "ON", "skip_name_resolve # c"},
		{mysql, "skip-name-resolve", "skip_name_resolve", "1", "skip_name_resolve"},
		{mysql, "skip-name-resolve", "skip_name_resolve", "True", "skip_name_resolve"},
		{mysql, "skip-name-resolve", "skip_name_resolve = 0", "ON", "skip_name_resolve = ON"},
		{mysql, "skip-name-resolve", "#skip_name_resolve", "ON", "skip-name-resolve"},
		{mysql, "skip-name-resolve", "# skip_name_resolve", "ON", "# skip_name_resolve\nskip-name-resolve"},
		{mysql, "skip-name-resolve", "#skip_name_resolve", "OFF", "skip-name-resolve = OFF"},
		{mysql, "skip-name-resolve", "a = 1", "true", "a = 1\nskip-name-resolve"},
		{mysql, "no-auto-rehash", "a = 1", "1", "a = 1\nno-auto-rehash"},
		{mysql, "quick", "a = 1", "ON", "a = 1\nquick = ON"},
		{mysql, "quick", "#quick", "ON", "quick"},
		{mysql, "sql_mode", "sql_mode", "", "sql_mode"},
		{mysql, "sql_mode", "sql_mode =", "ON", "sql_mode =ON"},
		{mysql, "quick", "quick\nquick = 0", "1", "!line 3: quick is set here and at line 2; duplicates = \"remove\" keeps only the one that counts"},
		{mysql, "quick", "quick\nquick = 0", gone, ""},
		{mysql, "includedir", "!includedir /etc/x", "1", "!includedir /etc/x\nincludedir = 1"},

		{pacman, "Color", "Color", gone, ""},
		{pacman, "Color", "Color", "true", "Color"},
		{pacman, "Color", "#Color", "true", "Color"},
		{pacman, "Color", "# Color", "true", "# Color\nColor"},
		{pacman, "Color", "Color = true", "true", "Color"},
		{pacman, "Color", "Color =", "true", "Color"},
		{pacman, "Color", "Color =", "", "Color"},
		{mysql, "sql_mode", "a = 1", "", "a = 1\nsql_mode = "},
		{mysql, "sql_mode", "sql_mode = x", "", "sql_mode = "},
		{mysql, "skip-networking", "a = 1", "", "a = 1\nskip-networking"},
		{mysql, "skip-networking", "skip-networking # a = 1", "0", "skip-networking = 0 # a = 1"},
		{pacman, "Color", "A = 1", "true", "A = 1\nColor"},
		{pacman, "Color", "#Color", "", "Color"},
		{pacman, "CleanMethod", "CleanMethod", "KeepCurrent", "CleanMethod = KeepCurrent"},
		{pacman, "CleanMethod", "#CleanMethod", "KeepCurrent", "CleanMethod = KeepCurrent"},
		{pacman, "Color", "Color # c", "true", "Color # c\nColor"}, // an option unknown to pacman

		{ini, "flag", "flag", gone, ""},
		{ini, "flag", "flag", "true", "flag"},
		{ini, "flag", "flag", "", "flag = "},
		{ini, "flag", "x: 1\nflag", "2", "x: 1\nflag: 2"},
		{ini, "flag", ";flag", "true", ";flag\nflag = true"},
		{ini, "flag", "x = 1", "true", "x = 1\nflag = true"},
		{ini, "flag", "x = 1\n  flag", gone, "x = 1\n  flag"},     // part of the value of x
		{ini, "flag", "x = 1\n\n  flag", gone, "x = 1\n\n  flag"}, // the same
		{ini, "flag", "flag\n  more", "2", "!the file would mean something else besides"},
		{ini, "words", "two words", "2", "two words\nwords = 2"},

		{php, "engine", "engine", "On", "engine\nengine = On"},
		{unit, "LogLevel", "LogLevel", "info", "LogLevel\nLogLevel = info"},
	} {
		s := Setting{Section: []string{"s"}, Key: c.key, Value: c.value, Absent: c.value == gone}
		s.Format, s.Dialect = Known(c.file)
		src := "[s]\n" + c.before + "\n"
		out, err := "", s.Check()
		if err == nil {
			var edited []byte
			edited, err = Edit([]byte(src), []Part{&s})
			out = strings.TrimSuffix(strings.TrimPrefix(string(edited), "[s]\n"), "\n")
		}
		if err != nil {
			out = "!" + err.Error()
		} else if err := roundTrip([]byte(src), &s); err != nil {
			t.Errorf("%s: %q: %v", c.file, c.before, err)
		}
		if out != c.after {
			t.Errorf("%s: %s, wanted %q:\n got  %q\n want %q", c.file, c.before, c.value, out, c.after)
		}
	}
}

// TestNamesAloneAmongOthers makes settings in ini files of all dialects with names without a value: other lines stay,
// the settings are read back, and undoing them restores the file.
func TestNamesAloneAmongOthers(t *testing.T) {
	lines := []string{"a", "b", "a = 1", "b=0", "#a", "; b", "# a is on", "  a", "a # c", "", "[s]", "[t]", "c\t", "!include x", "a:2", "b = ON", "c = true"}
	rapid.Check(t, func(t *rapid.T) {
		var src strings.Builder
		for range rapid.IntRange(0, 8).Draw(t, "lines") {
			src.WriteString(rapid.SampledFrom(lines).Draw(t, "line") + rapid.SampledFrom([]string{"\n", "\n", "\r\n"}).Draw(t, "end"))
		}
		s := Setting{
			Format: INI, Dialect: rapid.SampledFrom([]Dialect{Common, MySQL, Pacman, PHP, Systemd}).Draw(t, "dialect"),
			Key: rapid.SampledFrom([]string{"a", "b", "c", "skip-a"}).Draw(t, "key"), Value: rapid.SampledFrom([]string{"true", "ON", "1", "0", "x y", ""}).Draw(t, "value"),
			Absent: rapid.Bool().Draw(t, "absent"), Several: rapid.SampledFrom([]Several{RefuseSeveral, RemoveSeveral}).Draw(t, "several"),
		}
		if rapid.Bool().Draw(t, "section") {
			s.Section = []string{"s"}
		}
		if s.Check() != nil {
			t.Skip("draws another: no setting may have this value")
		}
		before := []byte(src.String())
		out, err := Edit(before, []Part{&s})
		if err != nil {
			t.Skip("draws another: such a file or value is refused: ", err)
		}
		state, err := Look(out, &s)
		if err != nil || state.Present == s.Absent || !s.Absent && state.Value != s.Value {
			t.Fatalf("%q became %q, which is read as %+v, %v", before, out, state, err)
		}
		hunks, err := Record(before, []Part{&s})
		if err != nil {
			t.Fatal(err)
		}
		if back, _ := Restore(out, hunks); string(back) != string(before) {
			t.Fatalf("%q became %q, taken back %q", before, out, back)
		}
		if got, want := others(s, out), others(s, before); !slices.Equal(got, want) {
			t.Fatalf("%q became %q", before, out)
		}
	})
}

// others returns the assignments of a file except those of a setting.
func others(s Setting, src []byte) (out []string) {
	f := flat{&s, s.Dialect.rules(s.Format)}
	for _, a := range f.scan(src) {
		if !a.commented && (f.fold(a.name) != f.fold(s.Key) || !f.sameSection(a.section)) {
			out = append(out, fmt.Sprintf("%s.%s%s%s", a.section, a.name, a.sep, src[a.value:a.stop]))
		}
	}
	return out
}
