package edit

import "testing"

// TestHeaderGoesWithLastKey: the header of a section that converge made is removed with the last of its keys, even
// below a comment of others, and stays if anything else is below it.
func TestHeaderGoesWithLastKey(t *testing.T) {
	setting := func(f Format, d Dialect, section, key string) *Setting {
		s := &Setting{Format: f, Dialect: d, Section: []string{section}, Key: key, Value: "1"}
		if f == TOML {
			s.Value = int64(1)
		}
		return s
	}
	for _, tt := range []struct {
		name     string
		of       func(key string) *Setting
		src      string
		edited   string
		want     string
		leftName string
	}{
		{"ini", func(k string) *Setting { return setting(INI, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n; theirs\n[new]\nk = 1\nl = 1\n", "[c]\nx = 1\n\n; theirs\n", ""},
		{"ini, another section behind", func(k string) *Setting { return setting(INI, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n; theirs\n[new]\nk = 1\nl = 1\n\n[d]\n", "[c]\nx = 1\n\n; theirs\n\n[d]\n", ""},
		{"ini, a comment in it", func(k string) *Setting { return setting(INI, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n[new]\n; theirs\nk = 1\nl = 1\n", "[c]\nx = 1\n\n[new]\n; theirs\n", "[new]"},
		{"ini, a comment between its keys", func(k string) *Setting { return setting(INI, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n[new]\nk = 1\n; theirs\nl = 1\n", "[c]\nx = 1\n\n[new]\n; theirs\n", "[new]"},
		{"ini, a comment behind its keys", func(k string) *Setting { return setting(INI, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n[new]\nk = 1\nl = 1\n; theirs\n", "[c]\nx = 1\n\n[new]\n; theirs\n", "[new]"},
		{"ini, a comment behind its keys, and another section", func(k string) *Setting { return setting(INI, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n[new]\nk = 1\nl = 1\n; theirs\n\n[d]\n", "[c]\nx = 1\n\n[new]\n; theirs\n\n[d]\n", "[new]"},
		{"ini, a comment on the section behind", func(k string) *Setting { return setting(INI, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n[new]\nk = 1\nl = 1\n\n; theirs\n; too\n[d]\n", "[c]\nx = 1\n\n; theirs\n; too\n[d]\n", ""},
		{"toml, a comment between its keys", func(k string) *Setting { return setting(TOML, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n[new]\nk = 1\n# theirs\nl = 1\n", "[c]\nx = 1\n\n[new]\n# theirs\n", "[new]"},
		{"toml, a comment behind its keys", func(k string) *Setting { return setting(TOML, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n[new]\nk = 1\nl = 1\n# theirs\n", "[c]\nx = 1\n\n[new]\n# theirs\n", "[new]"},
		{"toml, a comment on the section behind", func(k string) *Setting { return setting(TOML, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n[new]\nk = 1\nl = 1\n# theirs\n[d]\n", "[c]\nx = 1\n# theirs\n[d]\n", ""},
		{"sshd_config, a comment between its keys", func(k string) *Setting { return setting(Space, SSH, "Match user a", k) }, "Port 22\n", "Port 22\n\nMatch user a\n    k 1\n    # theirs\n    l 1\n", "Port 22\n\nMatch user a\n    # theirs\n", "Match user a"},
		{"sshd_config, a comment behind its keys", func(k string) *Setting { return setting(Space, SSH, "Match user a", k) }, "Port 22\n", "Port 22\n\nMatch user a\n    k 1\n    l 1\n    # theirs\n", "Port 22\n\nMatch user a\n    # theirs\n", "Match user a"},
		{"yaml, a comment between its keys", func(k string) *Setting { return setting(YAML, Common, "new", k) }, "c:\n  x: 1\n", "c:\n  x: 1\nnew:\n  k: \"1\"\n  # theirs\n  l: \"1\"\n", "c:\n  x: 1\nnew:\n  # theirs\n", "new"},
		{"yaml, a comment behind its keys", func(k string) *Setting { return setting(YAML, Common, "new", k) }, "c:\n  x: 1\n", "c:\n  x: 1\nnew:\n  k: \"1\"\n  l: \"1\"\n  # theirs\n", "c:\n  x: 1\nnew:\n  # theirs\n", "new"},
		{"toml", func(k string) *Setting { return setting(TOML, Common, "new", k) }, "[c]\nx = 1\n", "[c]\nx = 1\n\n# theirs\n[new]\nk = 1\nl = 1\n", "[c]\nx = 1\n\n# theirs\n", ""},
		{"sshd_config", func(k string) *Setting { return setting(Space, SSH, "Match user a", k) }, "Port 22\n", "Port 22\n\n# theirs\nMatch user a\n    k 1\n    l 1\n", "Port 22\n\n# theirs\n", ""},
		{"sshd_config, a key in it", func(k string) *Setting { return setting(Space, SSH, "Match user a", k) }, "Port 22\n", "Port 22\n\n# theirs\nMatch user a\n    k 1\n    z 1\n    l 1\n", "Port 22\n\n# theirs\nMatch user a\n    z 1\n", "Match user a"},
	} {
		for _, runs := range [][][]string{{{"k", "l"}}, {{"k"}, {"l"}}, {{"l"}, {"k"}}} {
			parts := []Part{tt.of("k"), tt.of("l")}
			b := Back{Keys: []string{"k", "l"}, Hunks: make([][]Hunk, 2), Ground: make([]*Ground, 2), Layout: ReadLayout([]byte(tt.src), nil)}
			rec, err := RecordBack([]byte(tt.src), parts, b)
			if err != nil {
				t.Fatal(err)
			}
			index := map[string]int{"k": 0, "l": 1}
			kept := map[string]*Ground{"k": rec.Ground[0], "l": rec.Ground[1]}
			now, left := []byte(tt.edited), ""
			for _, names := range runs {
				b := Back{Layout: ReadLayout(now, kept)}
				var gone []Part
				for _, name := range names {
					s := tt.of(name)
					s.Absent = true
					i := index[name]
					gone, b.Keys, b.Hunks, b.Ground = append(gone, s), append(b.Keys, name), append(b.Hunks, rec.Hunks[i]), append(b.Ground, rec.Ground[i])
				}
				for _, name := range names {
					delete(kept, name)
				}
				for name := range kept {
					gone, b.Keys, b.Hunks, b.Ground = append(gone, tt.of(name)), append(b.Keys, ""), append(b.Hunks, nil), append(b.Ground, nil)
				}
				e, err := NewMemo(now).EditBack(gone, b)
				if err != nil {
					t.Fatal(err)
				}
				now = e.Bytes()
				for _, name := range e.SectionsLeft() {
					left += name
				}
			}
			if string(now) != tt.want || left != tt.leftName {
				t.Errorf("%s: taken back in the order %q it is %q, left is %q", tt.name, runs, now, left)
			}
		}
	}
}
