package resources

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Mode is a declaration of permission bits: all of them ("0644"), or changes of
// the existing ones ("u=rw,go=r", "g+w,o-rwx"), as in chmod(1). Bits are those of
// chmod(2), setuid, setgid and sticky included.
type Mode struct {
	octal   uint32
	clauses []modeClause // nil: octal
}

type modeClause struct {
	who  uint32 // mask of the bits that u, g, o select
	op   byte   // '=', '+', '-'
	bits uint32 // for u, g and o alike; who selects
	x    bool   // X: execute for a directory, or where anyone may execute
}

const (
	modeUser  = 0o4700
	modeGroup = 0o2070
	modeOther = 0o1007
	modeAll   = 0o7777
)

// ParseMode reads an octal mode of three or four digits or a symbolic one.
func ParseMode(s string) (Mode, error) {
	if s == "" {
		return Mode{}, fmt.Errorf("cannot be empty")
	}
	if IsOctal(s) {
		n, err := strconv.ParseUint(s, 8, 32)
		if i := strings.IndexAny(s, "89"); i >= 0 && strings.Trim(s, "0123456789") == "" {
			return Mode{}, fmt.Errorf("%q is not an octal mode like \"0644\": its digits are 0 to 7, and %c is none of them", s, s[i])
		}
		if rest := strings.TrimLeft(s[1:], "oO"); err != nil && len(rest) < len(s)-1 && strings.Trim(rest, "01234567") == "" {
			return Mode{}, fmt.Errorf("%q is not an octal mode like \"0644\": write %q", s, "0"+strings.TrimLeft(rest, "0"))
		}
		if err != nil || n > modeAll || len(s) < 3 || len(s) > 5 {
			return Mode{}, fmt.Errorf("%q is not an octal mode like \"0644\"", s)
		}
		return Mode{octal: uint32(n)}, nil
	}
	if octal, ok := listedMode(s); ok {
		return Mode{}, fmt.Errorf("%q is a mode as ls(1) shows it: write %q", s, octal)
	}
	var m Mode
	for clause := range strings.SplitSeq(s, ",") {
		if err := m.add(clause); err != nil {
			return Mode{}, fmt.Errorf("%q is not a mode like \"0644\" or \"u=rw,go=r\": %w", s, err)
		}
	}
	return m, nil
}

func (m *Mode) add(clause string) error {
	i := strings.IndexAny(clause, "=+-")
	if i < 0 {
		return fmt.Errorf("%q lacks one of = + -", clause)
	}
	var who uint32
	for _, c := range clause[:i] {
		switch c {
		case 'u':
			who |= modeUser
		case 'g':
			who |= modeGroup
		case 'o':
			who |= modeOther
		case 'a':
			who |= modeAll
		default:
			return fmt.Errorf("%q is none of u g o a", c)
		}
	}
	if i == 0 {
		who = modeAll
	}
	for rest := clause[i:]; rest != ""; {
		c := modeClause{who: who, op: rest[0]}
		end := strings.IndexAny(rest[1:], "=+-") + 1
		if end == 0 {
			end = len(rest)
		}
		if err := c.perms(rest[1:end]); err != nil {
			return err
		}
		m.clauses = append(m.clauses, c)
		rest = rest[end:]
	}
	return nil
}

func (c *modeClause) perms(s string) error {
	for _, p := range s {
		switch p {
		case 'r':
			c.bits |= 0o444
		case 'w':
			c.bits |= 0o222
		case 'x':
			c.bits |= 0o111
		case 'X':
			c.x = true
		case 's':
			c.bits |= 0o6000
		case 't':
			c.bits |= 0o1000
		default:
			return fmt.Errorf("%q is none of r w x X s t", p)
		}
	}
	return nil
}

// Apply returns the bits that a file or directory with the bits live should have.
func (m Mode) Apply(live uint32, dir bool) uint32 {
	if m.clauses == nil {
		return m.octal
	}
	for _, c := range m.clauses {
		bits := c.bits
		if c.x && (dir || live&0o111 != 0) {
			bits |= 0o111
		}
		switch c.op {
		case '=':
			live = live&^c.who | bits&c.who
		case '+':
			live |= bits & c.who
		case '-':
			live &^= bits & c.who
		}
	}
	return live
}

// RecursedMode returns the mode that recurse with a mode gives to an entry: that of the directory; for a file without
// the execute bits, unless someone may execute it already. Setuid, setgid and sticky mean one thing for a directory
// and quite another for a program: they are not handed down, and it keeps its own unless it is [Listed.Ungranted]. "":
// none is wanted.
func RecursedMode(mode string, was Listed) string {
	want, err := ParseMode(mode)
	live, lerr := ParseMode(was.Mode)
	if mode == "" || err != nil || lerr != nil {
		return mode
	}
	have := live.Apply(0, false)
	if was.Type == TypeDirectory {
		return FormatMode(want.Apply(have, true))
	}
	bits := want.Apply(have, have&0o111 != 0)
	if have&0o111 == 0 {
		bits &^= 0o111
	}
	if was.Ungranted {
		have &^= 0o6000
	}
	return FormatMode(bits&0o777 | have&0o7000)
}

// IsOctal reports whether a mode that is declared is octal: it is the whole mode, and not changes of the existing one.
func IsOctal(mode string) bool { return mode != "" && mode[0] >= '0' && mode[0] <= '9' }

// FormatMode writes bits as a manifest would: four octal digits.
func FormatMode(bits uint32) string { return fmt.Sprintf("%04o", bits&modeAll) }

func checkMode(v cty.Value) error {
	_, err := ParseMode(v.AsString())
	return err
}

// resultingMode is the result of a symbolic mode for the live one, in digits.
func resultingMode(have, want cty.Value) cty.Value {
	e := resource.Must[Entry](want)
	words := cty.StringVal(e.Mode.Value)
	w, err := ParseMode(e.Mode.Value)
	if err != nil {
		return words
	}
	h, err := ParseMode(have.AsString())
	if err != nil {
		return words
	}
	return cty.StringVal(FormatMode(w.Apply(h.Apply(0, false), e.Type == TypeDirectory)))
}

// sameMode treats the live bits as those of a directory if X could matter: providers return the wanted words if the
// bits satisfy them, so this only serves direct comparisons.
func sameMode(have, want cty.Value) bool {
	w, err := ParseMode(want.AsString())
	if err != nil {
		return false
	}
	h, err := ParseMode(have.AsString())
	if err != nil {
		return have.RawEquals(want)
	}
	return have.RawEquals(want) || w.Apply(h.Apply(0, false), false) == h.Apply(0, false)
}

// listedMode recognises a mode in the format of ls(1), "-rw-r--r--" with or without the type and the mark for an
// access list, and returns it in octal. chmod(1) would read most of these as "remove".
func listedMode(s string) (octal string, ok bool) {
	if n := len(s); n > 9 && strings.IndexByte(".+@", s[n-1]) >= 0 {
		s = s[:n-1]
	}
	if len(s) == 10 && strings.IndexByte("-dlbcpsDCMnP", s[0]) >= 0 {
		s = s[1:]
	}
	if len(s) != 9 {
		return "", false
	}
	const letters = "rwxrwxrwx"
	special := [3]string{"sS", "sS", "tT"}
	var bits uint32
	for i := range 9 {
		bit := uint32(0o400) >> i
		switch c := s[i]; {
		case c == letters[i]:
			bits |= bit
		case c == '-':
		case i%3 == 2 && strings.IndexByte(special[i/3], c) >= 0:
			bits |= 0o4000 >> (i / 3)
			if c == special[i/3][0] {
				bits |= bit
			}
		default:
			return "", false
		}
	}
	return FormatMode(bits), true
}
