package resources

import (
	"reflect"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestUnitSections shows the whole file that sections make.
func TestUnitSections(t *testing.T) {
	s, list := cty.StringVal, func(vs ...cty.Value) cty.Value { return cty.TupleVal(vs) }
	obj := func(m map[string]cty.Value) cty.Value { return cty.ObjectVal(m) }
	for _, tt := range []struct {
		name     string
		sections cty.Value
		want     string
	}{
		{
			"a list resets and repeats",
			obj(map[string]cty.Value{"Service": obj(map[string]cty.Value{"ExecStart": list(s(""), s("/usr/bin/dockerd"))})}),
			"[Service]\nExecStart=\nExecStart=/usr/bin/dockerd\n",
		},
		{
			"order, numbers and bools",
			obj(map[string]cty.Value{
				"Install": obj(map[string]cty.Value{"WantedBy": s("multi-user.target")}),
				"Service": obj(map[string]cty.Value{"Nice": cty.NumberIntVal(-5), "RemainAfterExit": cty.True, "CPUQuota": cty.NullVal(cty.String)}),
				"Unit":    obj(map[string]cty.Value{"Description": s("äö 100%")}),
				"X-Mine":  obj(map[string]cty.Value{"A": s("b")}),
			}),
			"[Unit]\nDescription=äö 100%\n\n[Service]\nNice=-5\nRemainAfterExit=yes\n\n[X-Mine]\nA=b\n\n[Install]\nWantedBy=multi-user.target\n",
		},
		{"two lines", obj(map[string]cty.Value{"Service": obj(map[string]cty.Value{"A": s("b\nc")})}), "Service.A must be one line, which does not end with a backslash"},
		{"two lines by a carriage return", obj(map[string]cty.Value{"Service": obj(map[string]cty.Value{"A": s("b\rc")})}), "Service.A must be one line, which does not end with a backslash"},
		{"continued", obj(map[string]cty.Value{"Service": obj(map[string]cty.Value{"A": s(`b\`)})}), "Service.A must be one line, which does not end with a backslash"},
		{"an object in a list", obj(map[string]cty.Value{"Service": obj(map[string]cty.Value{"A": list(obj(nil))})}), "Service.A must be a string, a number, a bool, or a list of them"},
		{"a null in a list", obj(map[string]cty.Value{"Service": obj(map[string]cty.Value{"A": list(cty.NullVal(cty.String))})}), "Service.A must not contain null"},
		{"no section", obj(map[string]cty.Value{"Service": s("x")}), "must have the settings of each section in braces: Service = { NAME = VALUE }"},
		{"a setting in the place of a section", obj(map[string]cty.Value{"Restart": s("always"), "ExecStart": s("/x")}), "must have each setting in its section, and ExecStart is in none: { Service = { ExecStart = … } }"},
		{"one of another section", obj(map[string]cty.Value{"OnCalendar": s("daily")}), "must have each setting in its section, and OnCalendar is in none: { Timer = { OnCalendar = … } }"},
		{"name of a section", obj(map[string]cty.Value{"S]": obj(nil)}), `must have the names of sections, and "S]" is none`},
		{"name of a setting", obj(map[string]cty.Value{"Service": obj(map[string]cty.Value{"A=b": s("")})}), `must have the names of settings, and "A=b" is none`},
		{"no object", s("x"), "must be an object or a map"},
	} {
		text, err := []byte(nil), checkSections(tt.sections)
		if err == nil {
			text, err = writeSections(tt.sections)
		}
		got := string(text)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q\nwant %q", tt.name, got, tt.want)
		}
	}
}

// TestUnitPrepared shows which file a unit is, and how a ledger key names it.
func TestUnitPrepared(t *testing.T) {
	for _, tt := range []struct{ name, dropIn, want string }{
		{"docker", "", "/etc/systemd/system/docker.service"},
		{"docker.service", "start", "/etc/systemd/system/docker.service.d/start.conf"},
		{"getty@tty1", "x.y", "/etc/systemd/system/getty@tty1.service.d/x.y.conf"},
		{"getty@", "a", "/etc/systemd/system/getty@.service.d/a.conf"},
		{"backup.timer", "", "/etc/systemd/system/backup.timer"},
		{"a/b", "", `name: must hold only letters, digits and :-_.\@, others escaped: a\x2fb.service`},
	} {
		attrs := map[string]cty.Value{"name": cty.StringVal(tt.name), "content": cty.StringVal("[Unit]\n")}
		if tt.dropIn != "" {
			attrs["drop_in"] = cty.StringVal(tt.dropIn)
		}
		m, err := Unit(nil).Prepare(resource.Input{Attrs: attrs})
		if err != nil {
			if err.Error() != tt.want {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
			}
			continue
		}
		if got := m["path"].AsString(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		named := Unit(nil).Named("path:" + m["path"].AsString())
		if !named["name"].RawEquals(m["name"]) || tt.dropIn != "" && named["drop_in"].AsString() != tt.dropIn {
			t.Errorf("%s is named by %v", tt.want, named)
		}
	}
}

func TestUnitUses(t *testing.T) {
	text := "[Service]\nUser=www\nGroup=%i\nEnvironmentFile=-/etc/default/x\nExecStartPre=-/bin/a b\nExecStart=\nExecStart=@!/usr/bin/x y \\\n  z\nExecReload=/bin/kill -HUP $MAINPID\nExecStop=\"/bin/q\" a\nExecStopPost=plain\n"
	got := ReadUnitUses([]byte(text))
	want := UnitUses{Programs: []string{"/usr/bin/x", "/bin/kill"}, Environments: []string{"/etc/default/x"}, Users: []string{"www"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if !ReadUnitUses([]byte("[Service]\nRootDirectory=/srv\n")).Rooted {
		t.Error("another root is not seen")
	}
}

func FuzzUnitUses(f *testing.F) {
	f.Add("[Service]\nExecStart=/bin/x\nUser=a\n")
	f.Add("[Service]\nExecStart=@-+!/x\\\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range ReadUnitUses([]byte(text)).Programs {
			if !strings.HasPrefix(p, "/") || strings.ContainsAny(p, " \n") {
				t.Fatalf("program %q", p)
			}
		}
	})
}
