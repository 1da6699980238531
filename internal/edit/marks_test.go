package edit

import (
	"regexp"
	"testing"
)

// TestNewKeyIsInNoBlock: a new key is put neither between the marks of a block nor in place of a comment there.
func TestNewKeyIsInNoBlock(t *testing.T) {
	ini := func(section string) *Setting {
		return &Setting{Format: INI, Section: []string{section}, Key: "new", Value: "2"}
	}
	for _, c := range []struct {
		name, src, want string
		s               *Setting
	}{
		{"behind", "[a]\nk = 1\n# BEGIN x\nq = 1\n# END x\n[b]\nz = 1\n", "[a]\nk = 1\n# BEGIN x\nq = 1\n# END x\nnew = 2\n[b]\nz = 1\n", ini("a")},
		{"the section ends in it", "[a]\nk = 1\n# BEGIN x\nq = 1\n[c]\n# END x\n[b]\nz = 1\n", "[a]\nk = 1\nnew = 2\n# BEGIN x\nq = 1\n[c]\n# END x\n[b]\nz = 1\n", ini("a")},
		{"a section of its own", "# BEGIN x\n[a]\nq = 1\n# END x\n[b]\nz = 1\n", "# BEGIN x\n[a]\nq = 1\n# END x\nnew = 2\n[b]\nz = 1\n", ini("a")},
		{"a comment in it", "[a]\nk = 1\n# BEGIN x\n#new = 1\n# END x\n[b]\nz = 1\n", "[a]\nk = 1\nnew = 2\n# BEGIN x\n#new = 1\n# END x\n[b]\nz = 1\n", ini("a")},
		{"of another marker", "[a]\n; BEGIN by hand\nq = 1\n; END by hand\n[b]\nz = 1\n", "[a]\n; BEGIN by hand\nq = 1\n; END by hand\nnew = 2\n[b]\nz = 1\n", ini("a")},
		{"without an end", "[a]\n# BEGIN x\nq = 1\n[b]\nz = 1\n", "[a]\n# BEGIN x\nq = 1\nnew = 2\n[b]\nz = 1\n", ini("a")},
		{"of sshd_config", "Port 22\n# BEGIN x\nUseDNS no\n# END x\nMatch User a\n", "Port 22\n# BEGIN x\nUseDNS no\n# END x\nnew 2\nMatch User a\n", &Setting{Format: Space, Dialect: SSH, Key: "new", Value: "2"}},
		{"of toml", "k = 1\n# BEGIN x\nq = 1\n# END x\n[b]\nz = 1\n", "k = 1\n# BEGIN x\nq = 1\n# END x\nnew = 2\n[b]\nz = 1\n", &Setting{Format: TOML, Key: "new", Value: int64(2)}},
		{"of yaml", "a:\n  k: 1\n  # BEGIN x\n  q: 1\n  # END x\nb: 1\n", "a:\n  k: 1\n  # BEGIN x\n  q: 1\n  # END x\n  new: 2\nb: 1\n", &Setting{Format: YAML, Section: []string{"a"}, Key: "new", Value: int64(2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := Edit([]byte(c.src), []Part{c.s})
			if err != nil || string(out) != c.want {
				t.Fatalf("it is %q, %v", out, err)
			}
			state, err := Look([]byte(c.src), c.s)
			if made, _ := Look(out, c.s); err != nil || state.Line != made.Line {
				t.Errorf("it is announced at line %d, and is at %d: %v", state.Line, made.Line, err)
			}
		})
	}
}

// TestRemovedKeyBesideNewBlock: in one run, a removed key returns to its place, and a block is put before the section
// behind it.
func TestRemovedKeyBesideNewBlock(t *testing.T) {
	src := "Port 22\n\nPermitRootLogin no\n#PasswordAuthentication yes\nUsePAM yes\nMatch User a\n X11Forwarding no\n"
	gone := &Setting{Format: Space, Dialect: SSH, Key: "PermitRootLogin", Absent: true}
	first, _ := Look([]byte(src), gone)
	now, err := EditBack([]byte(src), []Part{gone}, Back{Keys: []string{"root"}, Hunks: make([][]Hunk, 1), Ground: make([]*Ground, 1), Layout: ReadLayout([]byte(src), nil)})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := RecordBack([]byte(src), []Part{gone}, Back{Keys: []string{"root"}, Hunks: make([][]Hunk, 1), Ground: make([]*Ground, 1), Layout: ReadLayout([]byte(src), nil)})
	if err != nil {
		t.Fatal(err)
	}
	block := Block{Marker: "dns", Comment: "#", Content: "LogLevel INFO\nUseDNS no\n", Before: regexp.MustCompile("^Match")}
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		all := []Part{undone(gone, first), block}
		b := Back{Layout: ReadLayout(now, map[string]*Ground{"root": rec.Ground[0]})}
		var parts []Part
		for _, i := range order {
			parts = append(parts, all[i])
			b.Keys = append(b.Keys, []string{"root", "block"}[i])
			b.Hunks = append(b.Hunks, [][]Hunk{rec.Hunks[0], nil}[i])
			b.Ground = append(b.Ground, []*Ground{rec.Ground[0], nil}[i])
		}
		out, err := EditBack(now, parts, b)
		want := "Port 22\n\nPermitRootLogin no\n#PasswordAuthentication yes\nUsePAM yes\n# BEGIN dns\nLogLevel INFO\nUseDNS no\n# END dns\nMatch User a\n X11Forwarding no\n"
		if err != nil || string(out) != want {
			t.Errorf("in the order %d it is %q, %v", order, out, err)
		}
	}
}
