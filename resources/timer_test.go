package resources

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestTimer shows the two files that a manifest makes.
func TestTimer(t *testing.T) {
	s := cty.StringVal
	list := func(words ...string) cty.Value {
		var vs []cty.Value
		for _, w := range words {
			vs = append(vs, s(w))
		}
		return cty.ListVal(vs)
	}
	const made = "# Made by converge, which replaces it as a whole.\n"
	for _, tt := range []struct {
		name  string
		attrs map[string]cty.Value
		want  string
	}{
		{
			"all", map[string]cty.Value{
				"name": s("backup"), "command": list("/usr/bin/backup", "--all", "100%", "$HOME", `a "b" \c`, "", ";", "x\ny"), "calendar": list("daily", "Mon *-*-* 02:30"),
				"user": s("backup"), "persistent": cty.False, "delay": s("10m"), "env": cty.MapVal(map[string]cty.Value{"B": s("1 %"), "A": s("$x")}),
			},
			"# /etc/systemd/system/backup.service\n" + made + "[Unit]\nDescription=backup, by backup.timer\n\n[Service]\nType=oneshot\nUser=backup\nEnvironment=A=$x\nEnvironment=\"B=1 %%\"\n" +
				`ExecStart=/usr/bin/backup --all 100%% $$HOME "a \"b\" \\c" "" ";" "x\x0ay"` + "\n" +
				"# /etc/systemd/system/backup.timer\n" + made + "[Unit]\nDescription=backup.service by the calendar\n\n[Timer]\nOnCalendar=daily\nOnCalendar=Mon *-*-* 02:30\nRandomizedDelaySec=10m\n\n[Install]\nWantedBy=timers.target\n" +
				`daily, Mon *-*-* 02:30 as backup: /usr/bin/backup --all 100% $HOME "a \"b\" \\c" "" ; "x\ny"`,
		},
		{"no command", map[string]cty.Value{"name": s("a"), "calendar": s("daily")}, "command: is needed: it is what the timer runs"},
		{"no calendar", map[string]cty.Value{"name": s("a"), "command": list("/x")}, "calendar: is needed: it is when the command runs"},
	} {
		m, err := Timer(nil).Prepare(resource.Input{Attrs: tt.attrs})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			b, _ := resource.AsBlob(m["content"]).Bytes()
			got = string(b) + m["summary"].AsString()
		}
		if got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestTimerForm shows which words validate refuses.
func TestTimerForm(t *testing.T) {
	for _, tt := range []struct {
		check func(cty.Value) error
		value cty.Value
		want  string
	}{
		{checkTimerName, cty.StringVal("backup"), ""},
		{checkTimerName, cty.StringVal("a@b"), "must be the name of a unit without @: declare a unit for a template"},
		{checkTimerName, cty.StringVal("a.timer"), "must be without the type of the unit"},
		{checkTimerName, cty.StringVal("a b"), `must hold only letters, digits and :-_.\@, others escaped: a\x20b.timer`},
		{checkCalendar, cty.StringVal("Mon..Fri 02:30"), ""},
		{checkCalendar, cty.StringVal(""), `must be an expression like "daily" or "Mon..Fri 02:30", or a list of them`},
		{checkCalendar, cty.StringVal("daily\nPersistent=no"), `must be an expression like "daily" or "Mon..Fri 02:30", or a list of them`},
		{checkCalendar, cty.EmptyTupleVal, "must not be empty"},
		{checkCalendar, cty.NumberIntVal(1), `must be an expression like "daily" or "Mon..Fri 02:30", or a list of them`},
		{checkTimerCommand, cty.ListVal([]cty.Value{cty.StringVal("-/x")}), "must name a program by letters, digits and -./:,@+=_ (/bin/sh -c runs others)"},
		{checkTimerCommand, cty.ListVal([]cty.Value{cty.StringVal("/a b")}), "must name a program by letters, digits and -./:,@+=_ (/bin/sh -c runs others)"},
		{checkTimerCommand, cty.ListValEmpty(cty.String), "must name a program"},
	} {
		got := ""
		if err := tt.check(tt.value); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%#v: %s, want %s", tt.value, got, tt.want)
		}
	}
}

// FuzzTimerFiles shows that what was read of two files can be written back.
func FuzzTimerFiles(f *testing.F) {
	f.Add("[Service]\n", "[Timer]\n", true, true)
	f.Add("", "x", true, true)
	f.Add("\n\n", "", true, true)
	f.Add("a\n\\ No newline at end of file", "b", true, false)
	f.Fuzz(func(t *testing.T, service, timer string, hasService, hasTimer bool) {
		const header = "# /etc/systemd/system/"
		if strings.Contains(service+timer, header) || strings.Contains(service+timer, `\ No newline`) {
			return // as no unit file has
		}
		want := TimerFiles{}
		if hasService {
			want.Service = resource.Some(service)
		}
		if hasTimer {
			want.Timer = resource.Some(timer)
		}
		if got := SplitTimer("x", want.Join("x")); got != want {
			t.Fatalf("%v came back as %v", want, got)
		}
	})
}

// TestSummaryOfTimer shows how the words of a command stand in the line that a plan shows.
func TestSummaryOfTimer(t *testing.T) {
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"/bin/x", "--all", "a=b"}, "/bin/x --all a=b"},
		{[]string{"/bin/x", "two words", "", "line\nend", `it's`}, `/bin/x "two words" "" "line\nend" "it's"`},
	} {
		if got := joinWords(c.words); got != c.want {
			t.Errorf("%q: %s, want %s", c.words, got, c.want)
		}
	}
}
