package edit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// corpus returns files of distributions, each also with the line ends, the mark and the missing last newline of other
// editors.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	return readCorpus(t, "testdata/files.txtar")
}

func readCorpus(t testing.TB, path string) map[string][]byte {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range archive.Files {
		out["/"+f.Name] = f.Data
	}
	return out
}

func variants(src []byte) map[string][]byte {
	return map[string][]byte{
		"plain": src, "bom": append([]byte(utf8BOM), src...), "crlf": bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n")),
		"open": bytes.TrimRight(src, "\n"),
	}
}

// keysOf lists the keys of a file that can be set, as settings with their present values.
func keysOf(t testing.TB, file string, src []byte) (out []Setting) {
	t.Helper()
	src = bytes.TrimPrefix(src, []byte(utf8BOM))
	format, dialect := Known(file)
	if format == "" {
		t.Fatalf("the format of %s is not known", file)
	}
	if format.IsTyped() {
		s := Setting{Format: format, Section: []string{"x"}, Key: "x"}
		tree, err := s.tree(src)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		return leaves(format, tree, nil)
	}
	f := flat{&Setting{}, dialect.rules(format)}
	seen := map[string]bool{}
	for _, a := range f.scan(src) {
		s := Setting{Format: format, Dialect: dialect, Key: a.name}
		if a.section != "" {
			s.Section = []string{a.section}
		}
		if name := strings.ToLower(s.name()); !seen[name] {
			seen[name] = true
			out = append(out, s)
		}
	}
	return out
}

func leaves(format Format, tree any, path []string) (out []Setting) {
	m, ok := tree.(map[string]any)
	if !ok || len(m) == 0 {
		return []Setting{{Format: format, Section: path[:len(path)-1], Key: path[len(path)-1], Value: tree}}
	}
	for name, v := range m {
		out = append(out, leaves(format, v, append(slices.Clone(path), name))...)
	}
	return out
}

// roundTrip makes an edit, checks it, and takes it back.
func roundTrip(src []byte, p Part) error {
	out, err := Edit(src, []Part{p})
	if err != nil {
		return err
	}
	m, splices, err := planOf(src, p)
	if err != nil {
		return err
	}
	alone, err := apply(m.body, splices)
	if alone = slices.Concat(src[:m.bom], openLast(alone, m.added)); err != nil || !bytes.Equal(alone, out) {
		return fmt.Errorf("the splices give %q, %v", alone, err)
	}
	if again, err := Edit(out, []Part{p}); err != nil || !bytes.Equal(again, out) {
		return fmt.Errorf("a second edit gives %q, %v", again, err)
	}
	hunks, err := Record(src, []Part{p})
	if err != nil {
		return err
	}
	back, done := Restore(out, hunks)
	if !done[0] || !bytes.Equal(back, src) {
		return fmt.Errorf("edited it is %q, and taken back %q", out, back)
	}
	if had, has := bytes.Contains(src, []byte("\r\n")), bytes.Contains(out, []byte("\r\n")); had != has || had && bytes.Count(out, []byte("\n")) != bytes.Count(out, []byte("\r\n")) {
		return fmt.Errorf("the line ends changed: %q", out)
	}
	if open := !bytes.HasSuffix(src, []byte("\n")); len(out) > 0 && open == bytes.HasSuffix(out, []byte("\n")) {
		return fmt.Errorf("the last newline came or went: %q", out)
	}
	return nil
}

// planOf returns the splices that make a part, and a memo of their file.
func planOf(src []byte, p Part) (*Memo, []Splice, error) {
	m := NewMemo(src)
	splices, err := m.plan(p)
	return m, splices, err
}

// maxRefused is the number of edits of which one may be refused.
const maxRefused = 40

// TestFiles sets, removes and adds every key of every file.
func TestFiles(t *testing.T) {
	var tried, refused int
	for file, plain := range corpus(t) {
		for name, src := range variants(plain) {
			keys := keysOf(t, file, src)
			if len(keys) == 0 {
				t.Errorf("%s has no keys", file)
			}
			for _, k := range keys {
				fresh := k
				fresh.Key = "brandnew"
				for what, s := range map[string]Setting{"set": k, "remove": k, "add": fresh, "nest": fresh} {
					s.Value = "7 of 9"
					if s.Dialect == SSH { // many of its options take one word
						s.Value = "7-of-9"
					}
					if s.Format == YAML || s.Format == JSON {
						s.Value = []any{"a", int64(1), true}
					}
					s.Absent = what == "remove"
					if what == "nest" {
						if s.Format != INI && !s.Format.IsTyped() {
							continue
						}
						s.Section = append(slices.Clone(s.Section), "deep er")
					}
					tried++
					err := roundTrip(src, &s)
					var at *LineError
					switch {
					case err == nil:
					case errors.As(err, &at):
						refused++
						t.Logf("%s, %s: %s %s is refused: %v", file, name, what, s.name(), err)
					default:
						t.Errorf("%s, %s: %s %s: %v", file, name, what, s.name(), err)
					}
				}
			}
		}
	}
	if refused*maxRefused > tried {
		t.Errorf("%d of %d edits are refused", refused, tried)
	}
	t.Logf("%d edits, %d refused", tried, refused)
}

// TestRandomEdits makes 1,000 random sets of edits: all parts hold, bytes outside the edits are equal, a second edit
// does nothing, later additions of others stay, and undoing everything restores the file.
func TestRandomEdits(t *testing.T) {
	files := corpus(t)
	names := slices.Sorted(maps.Keys(files))
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(n int) int { return r.IntN(n) }
	made := 0
	for round := 0; made < 1000; round++ {
		if round > 5000 {
			t.Fatalf("only %d of %d sets of edits are possible", made, round)
		}
		file := names[pick(len(names))]
		all := variants(files[file])
		src := all[slices.Sorted(maps.Keys(all))[pick(len(all))]]
		keys := keysOf(t, file, src)
		parts := []Part{}
		for range 1 + pick(4) {
			if p := randomPart(pick, keys, src); !meets(src, append(parts, p)) {
				parts = append(parts, p)
			}
		}
		if len(parts) == 0 {
			continue
		}
		out, err := Edit(src, parts)
		var refused *PartError
		if errors.As(err, &refused) {
			continue // two of them contradict each other, or one is impossible
		}
		if err != nil {
			t.Fatal(err)
		}
		made++
		if again, err := Edit(out, parts); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%s: a second edit of %q gives %q, %v", file, out, again, err)
		}
		edits, err := Record(src, parts)
		if err != nil {
			t.Fatal(err)
		}
		outside(t, src, out, parts)
		if back, _ := Restore(out, edits); !bytes.Equal(back, src) {
			t.Fatalf("%s: %q, edited %q, taken back %q; %+v", file, src, out, back, edits)
		}
	}
}

// meets reports whether two edits change the same bytes, or would add the same.
func meets(src []byte, parts []Part) bool {
	var all []Splice
	for _, p := range parts {
		_, splices, err := planOf(src, p)
		if err != nil {
			return true
		}
		for _, s := range splices {
			for _, o := range all {
				if s == o || s.At < o.At+len(o.Old) && o.At < s.At+len(s.Old) {
					return true
				}
			}
		}
		all = append(all, splices...)
	}
	return false
}

// outside requires that nothing is changed outside the splices of the parts, one after the other, and that they change
// no line of another part.
func outside(t *testing.T, src, out []byte, parts []Part) {
	t.Helper()
	body := bytes.TrimPrefix(src, []byte(utf8BOM))
	now, added := closeLast(body)
	from := make([]int, len(now)) // the former place of each byte in the file; -1: none
	for i := range from {
		from[i] = i
	}
	for _, p := range parts {
		splices, err := newMemo(now).plan(p)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortStableFunc(splices, func(a, b Splice) int { return cmp.Compare(b.At, a.At) })
		for _, s := range splices { // from the last one on, so that the offsets stay valid
			now = slices.Concat(now[:s.At], []byte(s.New), now[s.At+len(s.Old):])
			from = slices.Concat(from[:s.At], slices.Repeat([]int{-1}, len(s.New)), from[s.At+len(s.Old):])
		}
	}
	if want := slices.Concat(src[:len(src)-len(body)], openLast(now, added)); !bytes.Equal(out, want) {
		t.Fatalf("%q became %q, and the splices of %s make %q", src, out, describe(parts), want)
	}
	last := -1
	for i, at := range from {
		if at < 0 || at >= len(body) {
			continue
		}
		if at <= last || now[i] != body[at] {
			t.Fatalf("byte %d of %q is another one in %q", at, src, out)
		}
		last = at
	}
	if s := firstSetting(parts); (s == nil || !s.Format.IsTyped()) && !keepsLines(src, out, parts) {
		t.Fatalf("%q became %q, which lacks a line that none of %s is about", src, out, describe(parts))
	}
}

func randomPart(pick func(int) int, keys []Setting, src []byte) Part {
	switch lines := rows(src); pick(6) {
	case 0:
		return Line{Text: fmt.Sprintf("#a line %d", pick(3))}
	case 1:
		text := lines[pick(len(lines))].text
		if strings.TrimSpace(text) != "" {
			return Line{Text: text, Absent: true}
		}
		return Block{Marker: "gone", Comment: "#", Absent: true}
	case 2:
		return Block{Marker: fmt.Sprintf("b%d", pick(2)), Comment: "#", Content: "#x\n#y\n"}
	}
	k := keys[pick(len(keys))]
	k.Value = fmt.Sprintf("v%d", pick(3))
	if k.Format == INI && pick(3) == 0 {
		k.Value = "true"
	}
	switch pick(4) {
	case 0:
		k.Key = fmt.Sprintf("new%d", pick(3))
	case 1:
		k.Absent = true
	}
	return &k
}

// FuzzEdit: whatever a file contains, an edit is refused, or it is exact.
func FuzzEdit(f *testing.F) {
	files := corpus(f)
	formats := Formats()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		format, dialect := Known(name)
		f.Add(files[name], slices.Index(formats, string(format)), string(dialect), "a.b", "key", "value", false)
	}
	for i := range formats {
		f.Add([]byte(""), i, "", "", "k", "v", false)
		f.Add([]byte("k = 1\n#k = 2\n"), i, "", "", "k", "", true)
		f.Add([]byte("a: &x {k: 1}\nb: *x\n"), i, "", "b", "k", "v", false)
	}
	f.Fuzz(func(t *testing.T, src []byte, format int, dialect, section, key, value string, absent bool) {
		s := Setting{Format: Format(formats[uint(format)%uint(len(formats))]), Dialect: Dialect(dialect), Key: key, Value: value, Absent: absent}
		if section != "" {
			s.Section = strings.Split(section, ".")
		}
		if s.Check() != nil {
			return
		}
		exact(t, src, &s)
	})
}

// FuzzLine is FuzzEdit for lines and blocks.
func FuzzLine(f *testing.F) {
	f.Add([]byte("a\nb\n"), "a", "x", false)
	f.Add([]byte("# BEGIN x\r\na\r\n# END x"), "x", "y", true)
	f.Fuzz(func(t *testing.T, src []byte, line, content string, absent bool) {
		l := Line{Text: line, Absent: absent}
		if l.Check() == nil {
			exact(t, src, l)
		}
		b := Block{Marker: line, Comment: "#", Content: content, Absent: absent}
		if b.Check() == nil {
			exact(t, src, b)
		}
	})
}

func exact(t *testing.T, src []byte, p Part) {
	t.Helper()
	out, err := Edit(src, []Part{p})
	if err != nil {
		return
	}
	if again, err := Edit(out, []Part{p}); err != nil || !bytes.Equal(again, out) {
		t.Fatalf("a second edit of %q gives %q, %v", out, again, err)
	}
	hunks, err := Record(src, []Part{p})
	if err != nil {
		t.Fatal(err)
	}
	if back, _ := Restore(out, hunks); !bytes.Equal(back, src) {
		t.Fatalf("%q, edited %q, taken back %q", src, out, back)
	}
}
