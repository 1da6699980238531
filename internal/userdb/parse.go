package userdb

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// User is one entry of passwd(5).
type User struct {
	Name     string
	UID, GID uint32
	Comment  string // the whole GECOS field
	Home     string
	Shell    string
	Remote   bool // not in the local file: LDAP and the like
}

// Group is one entry of group(5).
type Group struct {
	Name    string
	GID     uint32
	Members []string
	Remote  bool // not in the local file
}

// Shadow holds the managed fields of an entry of shadow(5).
type Shadow struct {
	Name     string
	Password string // hash as crypt(3) writes it; "!" in front: locked
	Expire   string // days since 1970-01-01 at which the account ends; "": never

	Min, Max, Warn, Inactive string // days of a password; "": no limit
}

// ParsePasswd reads passwd(5). Like the C library it skips lines that are not entries: comments, NIS directives, damage.
// It never guesses a field.
func ParsePasswd(r io.Reader) ([]User, error) {
	var out []User
	for f, err := range eachRecord(r, 7) {
		if err != nil {
			return nil, err
		}
		uid, ok := parseID(f[2])
		gid, also := parseID(f[3])
		if ok && also {
			out = append(out, User{Name: f[0], UID: uid, GID: gid, Comment: f[4], Home: f[5], Shell: f[6]})
		}
	}
	return out, nil
}

// ParseGroup reads group(5), skipping lines that are no entries.
func ParseGroup(r io.Reader) ([]Group, error) {
	var out []Group
	for f, err := range eachRecord(r, 4) {
		if err != nil {
			return nil, err
		}
		gid, ok := parseID(f[2])
		if !ok {
			continue
		}
		g := Group{Name: f[0], GID: gid}
		for m := range strings.SplitSeq(f[3], ",") {
			if m = strings.TrimSpace(m); m != "" {
				g.Members = append(g.Members, m)
			}
		}
		out = append(out, g)
	}
	return out, nil
}

// ParseShadow reads shadow(5), skipping lines that are no entries.
func ParseShadow(r io.Reader) ([]Shadow, error) {
	var out []Shadow
	for f, err := range eachRecord(r, 9) {
		if err != nil {
			return nil, err
		}
		out = append(out, Shadow{Name: f[0], Password: f[1], Min: f[3], Max: f[4], Warn: f[5], Inactive: f[6], Expire: f[7]})
	}
	return out, nil
}

// maxLine bounds a line: a group of 50,000 members fits.
const maxLine = 1 << 20

// eachRecord yields the fields of each line that has exactly n of them and a name.
func eachRecord(r io.Reader, n int) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		s := bufio.NewScanner(r)
		s.Buffer(make([]byte, 0, 4096), maxLine)
		for s.Scan() {
			f := strings.Split(s.Text(), ":")
			if len(f) != n || f[0] == "" || strings.ContainsAny(f[0][:1], "#+-") {
				continue
			}
			if !yield(f, nil) {
				return
			}
		}
		if err := s.Err(); err != nil {
			yield(nil, fmt.Errorf("cannot read a line: %w", err))
		}
	}
}

// parseID reads a uid or gid. The highest means "none" in system calls.
func parseID(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n != 1<<32-1
}

// isNumber reports whether strtoul(3) takes all of s for a number, however large.
func isNumber(s string) bool {
	digits := strings.TrimLeft(s, " \t\n\v\f\r")
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
