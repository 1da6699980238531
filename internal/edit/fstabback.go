package edit

import "strings"

// fstabNames are the names of the fields of a line of fstab(5), for people.
func fstabNames() [6]string {
	return [...]string{"device", "mount point", "type", "options", "dump", "pass"}
}

// FstabLeft returns the result of a part for a line of fstab(5); "" if that is not one line.
func FstabLeft(line string, p Part) string {
	out, err := Edit([]byte(line+"\n"), []Part{p})
	left := strings.TrimSuffix(string(out), "\n")
	if err != nil || strings.Contains(left, "\n") {
		return ""
	}
	return left
}

// FstabBack returns the line that remains after undoing a change from was to left; now is the present line. If others
// have edited it since, only the fields that the change has set are restored: theirs names the fields of others.
func FstabBack(was, left, now string) (line string, theirs []string) {
	w, isLine := ParseFstabFields(was)
	l, wasLeft := ParseFstabFields(left)
	n, isThere := ParseFstabFields(now)
	if now == left || !isLine || !wasLeft || !isThere {
		return was, nil
	}
	back := FstabLine{}
	isOurs := func(i int) bool { return meetsField(i, n[i], l[i]) }
	for i := range back.Want {
		back.Want[i] = FstabAny
		switch {
		case isOurs(i) && !meetsField(i, l[i], w[i]):
			back.Want[i] = orDefault(i, w[i])
		case !isOurs(i) && !meetsField(i, n[i], w[i]):
			theirs = append(theirs, fstabNames()[i])
		}
	}
	words, had := fstabWords(now), len(fstabWords(was))
	for i := len(words) - 1; i >= had && isOurs(i); i-- { // the change has added it
		now, back.Want[i] = now[:words[i-1][1]]+now[words[i][1]:], FstabAny
	}
	e := FstabEntry{Fields: n, row: row{text: now, end: len(now)}}
	out, err := apply([]byte(now), back.change([]byte(now), e))
	if err != nil {
		return was, nil
	}
	return string(out), theirs
}
