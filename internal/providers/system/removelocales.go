package system

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"converge/resources"
)

// remove removes the data of a locale under all names that localedef has given it. It keeps the name with the character
// set if that existed before, is listed, or another resource wants it.
func (l *locales) remove(ctx context.Context, s *localeState, cs []localeChange, i int) error {
	w := cs[i].Want
	all, packaged, err := readLocales(l.FS)
	lang, langErr := readLang(l.FS, s.langFile)
	switch err = cmp.Or(err, langErr); {
	case err != nil:
		return err
	case w.IsAbsent() && resources.LocaleName(lang) == w.Name:
		return errDefault(w.Name, s.langFile)
	}
	var names []string
	if name := normalizeLocale(w.Name); all[name] && !packaged[name] {
		names = append(names, name)
	}
	twin := s.twin(w.Name)
	isWanted := slices.ContainsFunc(cs, func(c localeChange) bool { return !isGone(c.Want) && normalizeLocale(c.Want.Name) == twin })
	if all[twin] && !packaged[twin] && !w.HasTwin.Value && !isWanted && !s.isListed(twin) {
		names = append(names, twin)
	}
	if len(names) == 0 {
		return nil
	}
	return l.run(ctx, "remove the locale "+w.Name, append([]string{localedef, "--delete-from-archive"}, names...)...)
}

// errDefault says why the default locale stays.
func errDefault(name, file string) error {
	return fmt.Errorf("cannot remove the locale %s: it is the default (LANG in %s); make another one the default first", name, file)
}

// isListed reports whether an active line of locale.gen makes a locale of that normalized name.
func (s *localeState) isListed(name string) bool {
	for text := range strings.Lines(string(s.listed)) {
		if words := strings.Fields(text); len(words) > 0 && normalizeLocale(words[0]) == name {
			return true
		}
	}
	return false
}
