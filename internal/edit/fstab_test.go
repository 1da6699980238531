package edit

import (
	"bytes"
	"strings"
	"testing"
)

// A line is edited in place, field by field; the bytes of all other lines stay.
func TestFstabLine(t *testing.T) {
	any := FstabFields{"*", "*", "*", "*", "*", "*"}
	with := func(field int, text string) FstabFields { f := any; f[field] = text; return f }
	shm := FstabFields{"tmpfs", "/dev/shm", "tmpfs", "nosuid,noexec", "*", "*"}
	for _, tt := range []struct {
		name, before string
		line         FstabLine
		want         string // "=": as before; "! …": the error
	}{
		{"a new one at the end", "# c\n\n/dev/sda1 / ext4 defaults 0 1\n", FstabLine{Name: "/dev/shm", Want: shm}, "# c\n\n/dev/sda1 / ext4 defaults 0 1\ntmpfs /dev/shm tmpfs nosuid,noexec 0 0\n"},
		{"no last newline", "a / ext4", FstabLine{Name: "/dev/shm", Want: shm}, "a / ext4\ntmpfs /dev/shm tmpfs nosuid,noexec 0 0"},
		{"CRLF", "a / ext4\r\n", FstabLine{Name: "/dev/shm", Want: shm}, "a / ext4\r\ntmpfs /dev/shm tmpfs nosuid,noexec 0 0\r\n"},
		{"an empty file", "", FstabLine{Name: "/dev/shm", Want: shm}, "tmpfs /dev/shm tmpfs nosuid,noexec 0 0\n"},
		{"before what is below it", "a / ext4\nb /srv/x/y ext4\nc /srv/z ext4\n", FstabLine{Name: "/srv", Want: FstabFields{"d", "/srv", "xfs"}}, "a / ext4\nd /srv xfs defaults 0 0\nb /srv/x/y ext4\nc /srv/z ext4\n"},
		{"options alone", "tmpfs\t/dev/shm\ttmpfs  defaults,nosuid\t0\t0 # note\n", FstabLine{Name: "/dev/shm", Want: shm}, "tmpfs\t/dev/shm\ttmpfs  nosuid,noexec\t0\t0 # note\n"},
		{"another order of options", "tmpfs /dev/shm tmpfs noexec,defaults,nosuid\n", FstabLine{Name: "/dev/shm", Want: shm}, "="},
		{"a slash at the end of the point", "tmpfs /dev/shm/ tmpfs noexec,nosuid\n", FstabLine{Name: "/dev/shm", Want: shm}, "="},
		{"a quoted tag", "UUID=\"1-2\" /home ext4 defaults 0 2\n", FstabLine{Name: "/home", Want: with(FstabDevice, "UUID=1-2")}, "="},
		{"fields that are left out", "tmpfs /tmp tmpfs # c\n", FstabLine{Name: "/tmp", Want: with(FstabPass, "2")}, "tmpfs /tmp tmpfs defaults 0 2 # c\n"},
		{"an escaped point", "a / ext4\n//h/My\\040Docs /srv/My\\040Docs cifs ro\n", FstabLine{Name: "/srv/My Docs", Want: with(FstabOptions, "rw")}, "a / ext4\n//h/My\\040Docs /srv/My\\040Docs cifs rw\n"},
		{"a point to escape", "", FstabLine{Name: "/a b\\", Want: FstabFields{"#x", "/a b\\", "ext4"}}, "\\043x /a\\040b\\134 ext4 defaults 0 0\n"},
		{"no device", "a / ext4\n", FstabLine{Name: "/x", Want: any}, "! there is no line for /x yet, so that its device and its type are needed"},
		{"two lines", "a /x ext4\n\nb /x/ ext4\n", FstabLine{Name: "/x", Want: any}, "! line 3: line 1 is for /x, too; remove one of them"},
		{"two lines that are to go", "a /x ext4\nb /x/ ext4\nc / ext4", FstabLine{Name: "/x", Absent: true}, "c / ext4"},
		{"the last ones are to go", "c / ext4\na /x ext4\nb /x/ ext4", FstabLine{Name: "/x", Absent: true}, "c / ext4"},
		{"a comment stays", "#a /x ext4\na /x ext4\n", FstabLine{Name: "/x", Absent: true}, "#a /x ext4\n"},
		{"an exact line", "a  /x ext4 ro\n", FstabLine{Name: "/x", Want: any, Exact: "a\t/x ext4"}, "a\t/x ext4\n"},
		{"several that come back", "c / ext4\na /x ext4\n", FstabLine{Name: "/x", Want: any, Exact: "b /x ext4\nd /x xfs"}, "c / ext4\nb /x ext4\nd /x xfs\n"},
		{"several where there is none", "c / ext4\n", FstabLine{Name: "/x", Want: any, Exact: "b /x ext4\nd /x xfs"}, "c / ext4\nb /x ext4\nd /x xfs\n"},
		{"swap by its device", "/s none swap sw 0 0\n/t none swap sw\n", FstabLine{Swap: true, Name: "/t", Want: with(FstabOptions, "sw,pri=5")}, "/s none swap sw 0 0\n/t none swap sw,pri=5\n"},
		{"options with quotes", "a /x ext4 context=\"a,b\",ro\n", FstabLine{Name: "/x", Want: with(FstabOptions, "ro,context=\"a,b\"")}, "="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Edit([]byte(tt.before), []Part{tt.line})
			out := string(got)
			if err != nil {
				out = "! " + err.Error()
			}
			if tt.want == "=" {
				tt.want = tt.before
			}
			if out != tt.want {
				t.Errorf("%q, want %q", out, tt.want)
			}
			if err == nil {
				checkTakenBack(t, []byte(tt.before), tt.line)
			}
		})
	}
}

// checkTakenBack makes an edit, and undoes it byte by byte.
func checkTakenBack(t *testing.T, src []byte, p Part) {
	t.Helper()
	hunks, err := Record(src, []Part{p})
	if err != nil {
		t.Fatal(err)
	}
	edited, err := Edit(src, []Part{p})
	if err != nil {
		t.Fatal(err)
	}
	if back, done := Restore(edited, hunks); !done[0] || !bytes.Equal(back, src) {
		t.Errorf("taken back it is %q", back)
	}
}

func TestNoSwap(t *testing.T) {
	const before = "a / ext4\n/s none swap sw 0 0\n#/t none swap\n\tUUID=x\tnone\tswap\n"
	got, err := Edit([]byte(before), []Part{NoSwap{}})
	const want = "a / ext4\n# /s none swap sw 0 0\n#/t none swap\n# \tUUID=x\tnone\tswap\n"
	if string(got) != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	checkTakenBack(t, []byte(before), NoSwap{})
}

// Any field can be written and read back, and any file keeps all lines but one.
func FuzzFstab(f *testing.F) {
	f.Add("tmpfs /tmp tmpfs nosuid,size=50% 0 0\n# c\n\n/a\\040b\t/srv/\\134x none bind\n", "/srv", "a b\\#")
	f.Add("a /x ext4\r\nb /x/ ext4", "/x", "#")
	f.Add("LABEL=\"q\" /x/y auto context=\"a,b\" 1 2 3", "/x", "UUID=\"1\"")
	f.Fuzz(func(t *testing.T, src, point, device string) {
		if strings.ContainsAny(src+point+device, "\x00") || device == "" || device == FstabAny || !strings.HasPrefix(point, "/") {
			t.Skip("no line of fstab can have this")
		}
		if got := UnescapeFstab(EscapeFstab(device)); got != device {
			t.Fatalf("%q is read as %q", device, got)
		}
		line := FstabLine{Name: point, Want: FstabFields{device, point, "ext4", "ro", FstabAny, "1"}}
		before := ReadFstab([]byte(src))
		out, err := Edit([]byte(src), []Part{line})
		if err != nil {
			return // two lines, or a mount point that is not a clean path
		}
		if again, err := Edit(out, []Part{line}); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("edited again: %q, then %q, %v", out, again, err)
		}
		after := ReadFstab(out)
		found, err := line.Check(after)
		if err != nil || !line.IsMet(found) {
			t.Fatalf("%q has no such line: %v", out, err)
		}
		if n := len(after.Entries) - len(before.Entries); n != 0 && n != 1 {
			t.Fatalf("%d entries became %d", len(before.Entries), len(after.Entries))
		}
		gone, err := Edit(out, []Part{FstabLine{Name: point, Absent: true}})
		if err != nil || len(line.Find(ReadFstab(gone))) > 0 {
			t.Fatalf("removed: %q, %v", gone, err)
		}
	})
}

// Many lines of one file give the same result together as one after the other, in any order, and each can be undone
// alone.
func TestFstabLinesTogether(t *testing.T) {
	want := FstabFields{"d", "*", "ext4", "*", "*", "*"}
	line := func(name string) FstabLine {
		l := FstabLine{Name: name, Want: want}
		l.Want[FstabPoint] = name
		return l
	}
	for _, before := range []string{"", "# c\n", "a / ext4\nx /srv/a/b/c ext4\n", "a / ext4\nx /srv/a ext4\ny /srv/b ext4\nz /srv/c ext4"} {
		for _, parts := range [][]Part{
			{line("/srv/a"), line("/srv/a/b"), line("/srv/c")},
			{line("/srv/a/b"), line("/srv/c"), line("/srv/a"), line("/srv")},
			{FstabLine{Name: "/srv/a", Absent: true}, FstabLine{Name: "/srv/b", Absent: true}, FstabLine{Name: "/srv/c", Absent: true}},
			{FstabLine{Name: "/srv/c", Absent: true}, line("/srv/b"), FstabLine{Name: "/srv/a", Absent: true}, FstabLine{Swap: true, Name: "/s", Want: FstabFields{"/s", "none", "swap"}}},
		} {
			one, err := oneByOne([]byte(before), parts)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Edit([]byte(before), parts)
			if err != nil || string(got) != string(one) {
				t.Errorf("%q, %v; one by one it is %q", got, err, one)
			}
			all, err := Record([]byte(before), parts)
			if err != nil {
				t.Fatal(err)
			}
			if back, done := Restore(got, all); string(back) != before {
				t.Errorf("taken back it is %q, want %q: %v", back, before, done)
			}
		}
	}
}
