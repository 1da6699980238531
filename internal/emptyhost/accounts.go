package emptyhost

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// accountsOf returns the accounts of a host: those of its family, and those that are known of it.
func accountsOf(o Options) ([]User, []Group) {
	users, groups := map[string]User{}, map[string]Group{}
	for _, u := range familyUsers(o.Family) {
		users[u.Name] = u
	}
	for _, g := range familyGroups(o.Family) {
		groups[g.Name] = g
	}
	for _, u := range o.Users {
		users[u.Name] = u
	}
	for _, g := range o.Groups {
		groups[g.Name] = g
	}
	root := users["root"]
	root.UID = uint32(o.Root)
	users["root"] = root
	rootGroup := groups["root"]
	rootGroup.GID = uint32(o.RootGroup)
	groups["root"] = rootGroup
	byNumber := func(a, b User) int { return int(a.UID) - int(b.UID) }
	byGID := func(a, b Group) int { return int(a.GID) - int(b.GID) }
	return slices.SortedStableFunc(values(users), byNumber), slices.SortedStableFunc(values(groups), byGID)
}

// values are the values of a map, in order of their names.
func values[T any](m map[string]T) func(func(T) bool) {
	return func(yield func(T) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(m[name]) {
				return
			}
		}
	}
}

// familyUsers are the users that every host of a family has: those of Debian's package
// base-passwd, and for other families those that all of them share.
func familyUsers(family string) []User {
	text := "root:0:0:/root daemon:2:2:/sbin bin:1:1:/bin mail:8:12:/var/spool/mail nobody:65534:65534:/"
	if family == "debian" {
		text = "root:0:0:/root daemon:1:1:/usr/sbin bin:2:2:/bin sys:3:3:/dev games:5:60:/usr/games man:6:12:/var/cache/man lp:7:7:/var/spool/lpd mail:8:8:/var/mail " +
			"news:9:9:/var/spool/news uucp:10:10:/var/spool/uucp proxy:13:13:/bin www-data:33:33:/var/www backup:34:34:/var/backups list:38:38:/var/list " +
			"irc:39:39:/run/ircd nobody:65534:65534:/nonexistent"
	}
	var out []User
	for word := range strings.FieldsSeq(text) {
		f := strings.Split(word, ":")
		u := User{Name: f[0], UID: number(f[1]), GID: number(f[2]), Home: f[3], Shell: "/usr/sbin/nologin"}
		if u.Name == "root" {
			u.Shell = "/bin/bash"
		}
		out = append(out, u)
	}
	return out
}

// familyGroups is familyUsers for groups.
func familyGroups(family string) []Group {
	text := "root:0 bin:1 daemon:2 sys:3 adm:4 tty:5 disk:6 lp:7 mem:8 kmem:9 wheel:10 mail:12 man:15 users:100 nobody:65534"
	if family == "debian" {
		text = "root:0 daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 lp:7 mail:8 news:9 uucp:10 man:12 proxy:13 kmem:15 dialout:20 fax:21 voice:22 cdrom:24 floppy:25 tape:26 " +
			"sudo:27 audio:29 dip:30 www-data:33 backup:34 operator:37 list:38 irc:39 src:40 shadow:42 utmp:43 video:44 sasl:45 plugdev:46 staff:50 games:60 users:100 nogroup:65534"
	}
	var out []Group
	for word := range strings.FieldsSeq(text) {
		name, gid, _ := strings.Cut(word, ":")
		out = append(out, Group{Name: name, GID: number(gid)})
	}
	return out
}

// number is a number of the tables above.
func number(text string) (n uint32) {
	for _, c := range text {
		n = n*10 + uint32(c-'0')
	}
	return n
}

func writeUsers(all []User) string {
	var b strings.Builder
	for _, u := range all {
		writeLine(&b, u.Name, "x", fmt.Sprint(u.UID), fmt.Sprint(u.GID), u.Comment, u.Home, u.Shell)
	}
	return b.String()
}

// writeShadow writes lines without passwords.
func writeShadow(all []User) string {
	var b strings.Builder
	for _, u := range all {
		writeLine(&b, u.Name, "*", "", "", "", "", "", "", "")
	}
	return b.String()
}

func writeGroups(all []Group) string {
	var b strings.Builder
	for _, g := range all {
		writeLine(&b, g.Name, "x", fmt.Sprint(g.GID), strings.Join(g.Members, ","))
	}
	return b.String()
}

// writeLine writes a line of fields. Facts may hold what no field can.
func writeLine(b *strings.Builder, fields ...string) {
	clean := strings.NewReplacer(":", "_", "\n", "_")
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(clean.Replace(f))
	}
	b.WriteByte('\n')
}
