package resources

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"converge/internal/resource"
)

// addUser adds the wanted fields of a user's lines, and of those of groups. If the declaration is not known, it only
// requires the lines.
func (e *entries) addUser() {
	var w UserWant
	if e.r.Kind != nil {
		w = resource.Must[UserWant](e.r.Want)
	}
	if w.IsAbsent() {
		e.remove(passwdFile)
		e.remove(shadowFile)
		e.addGroups(nil, false)
		return
	}
	e.add(passwdFile, e.passwdFields(&w))
	e.add(shadowFile, e.shadowFields(&w))
	if w.Groups.Set {
		e.addGroups(w.Groups.Value, w.Append.Value)
	}
}

// passwdFields are the fields of passwd(5) that a user declares.
func (e *entries) passwdFields(w *UserWant) (out []field) {
	add := func(at int, set bool, want string) {
		if set {
			out = append(out, field{at: at, want: want})
		}
	}
	add(2, w.UID.Set, strconv.FormatInt(w.UID.Value, 10))
	if gid := e.groupNumber(resource.DecodeBytes(w.Group.Value)); gid != "" {
		add(3, true, gid)
	}
	add(4, w.Comment.Set, resource.DecodeBytes(w.Comment.Value))
	add(5, w.Home.Set, resource.DecodeBytes(w.Home.Value))
	add(6, w.Shell.Set, resource.DecodeBytes(w.Shell.Value))
	return out
}

// groupNumber returns the number of a group given by name or number; "": not known.
func (e *entries) groupNumber(group string) string {
	if line := e.in.at(groupFile).entries()[group]; group != "" && len(line) > 2 {
		return line[2]
	}
	if _, err := strconv.Atoi(group); err != nil {
		return ""
	}
	return group
}

// shadowFields are the fields of shadow(5) that a user declares. If only the digest of a password is known, the file
// has to keep its present hash.
func (e *entries) shadowFields(w *UserWant) (out []field) {
	line := e.in.at(shadowFile).entries()[e.name]
	if len(line) < 2 {
		return nil
	}
	hash, isHidden := TrimLock(line[1]), e.r.Kind != nil && e.r.WritesSecret("password")
	if w.Password.Set || isHidden {
		hash = cmp.Or(resource.DecodeBytes(w.Password.Value), hash)
		out = append(out, field{at: 1, want: hash, same: func(have, want string) bool { return TrimLock(have) == TrimLock(want) }})
	}
	if w.Locked.Set {
		isLocked := func(hash string) bool { return strings.HasPrefix(hash, "!") }
		want := hash
		if w.Locked.Value && !isLocked(hash) {
			want = "!" + hash
		}
		out = append(out, field{at: 1, want: want, same: func(have, want string) bool { return isLocked(have) == isLocked(want) }})
	}
	days := func(at int, d resource.Opt[int64]) {
		if d.Set {
			out = append(out, field{at, strconv.FormatInt(d.Value, 10), sameDays})
		}
	}
	days(3, w.MinDays)
	days(4, w.MaxDays)
	days(5, w.WarnDays)
	days(6, w.InactiveDays)
	days(7, expiryDay(w.Expires))
	return out
}

// expiryDay is the day on which an account expires, as shadow(5) counts it; -1: never.
func expiryDay(expires resource.Opt[string]) resource.Opt[int64] {
	day, err := time.Parse(time.DateOnly, expires.Value)
	switch {
	case !expires.Set:
		return resource.Opt[int64]{}
	case err != nil:
		return resource.Some[int64](-1)
	}
	return resource.Some(day.Unix() / int64((24*time.Hour)/time.Second))
}

// sameDays compares numbers of days: an empty field means no limit, as -1 does.
func sameDays(have, want string) bool { return cmp.Or(have, "-1") == cmp.Or(want, "-1") }

// addGroups requires a user in the lines of groups and, unless the user keeps its present groups, in no other line.
func (e *entries) addGroups(names []string, appends bool) {
	isWanted := func(group string) bool { return slices.Contains(names, resource.EncodeText(group)) }
	for _, file := range []string{groupFile, gshadowFile} {
		if !e.isAbout(file) {
			continue
		}
		for _, name := range names {
			e.addMember(file, resource.DecodeBytes(name))
		}
		if appends {
			continue
		}
		for _, group := range e.in.at(file).groupsOf()[e.name] {
			if line := e.find(file, group); line != nil && !isWanted(group) {
				line.leaves = append(line.leaves, e.name)
			}
		}
		e.addCheck(file, func(t *fileText) bool {
			return !slices.ContainsFunc(t.groupsOf()[e.name], func(group string) bool { return !isWanted(group) })
		})
	}
}

// addMember requires a user in the line of a group, if there is one.
func (e *entries) addMember(file, group string) {
	line := e.find(file, group)
	if line == nil || len(line.fields) < 4 {
		return
	}
	if !e.in.at(file).isMember(group, e.name) {
		line.joins = append(line.joins, e.name)
	}
	e.addCheck(file, func(t *fileText) bool { return t.isMember(group, e.name) })
}

// splitMembers splits the list of the members of a group.
func splitMembers(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// addGroup adds the wanted fields of a group's lines.
func (e *entries) addGroup() {
	var w GroupWant
	if e.r.Kind != nil {
		w = resource.Must[GroupWant](e.r.Want)
	}
	if w.IsAbsent() {
		e.remove(groupFile)
		e.remove(gshadowFile)
		return
	}
	for _, file := range []string{groupFile, gshadowFile} {
		var wanted []field
		if w.GID.Set && file == groupFile {
			wanted = append(wanted, field{at: 2, want: strconv.FormatInt(w.GID.Value, 10)})
		}
		if w.Members.Set {
			wanted = append(wanted, e.memberField(file, &w))
		}
		e.add(file, wanted)
	}
}

// memberField is the list of the members of a group in one of its files.
func (e *entries) memberField(file string, w *GroupWant) field {
	var in []string
	if line := e.in.at(file).entries()[e.name]; w.Append.Value && len(line) > 3 {
		in = splitMembers(line[3])
	}
	for _, name := range w.Members.Value {
		if name = resource.DecodeBytes(name); !slices.Contains(in, name) {
			in = append(in, name)
		}
	}
	return field{3, strings.Join(in, ","), func(have, want string) bool {
		h, all := splitMembers(have), splitMembers(want)
		for _, name := range all {
			if !slices.Contains(h, name) {
				return false
			}
		}
		return w.Append.Value || len(h) == len(all)
	}}
}
