package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

const (
	localeGen       = "/etc/locale.gen"
	localeGenerator = "/usr/sbin/locale-gen" // never run: see defineAll
	localedef       = "/usr/bin/localedef"
	supportedFile   = "/usr/share/i18n/SUPPORTED"
)

// LocaleOptions configure [NewLocales].
type LocaleOptions struct {
	FS *fsys.FS

	Ledger Notes // nil: the missing newline of locale.gen is not recorded

	// Run runs a program inside the root; nil: by package process.
	Run func(ctx context.Context, argv ...string) (process.Result, error)
}

// Notes keeps notes about files from one run to the next.
type Notes interface {
	// ReadMaking returns the note about the file at a path, or "".
	ReadMaking(path string) string

	// NoteMaking records a note about the file at a path; "" removes it.
	NoteMaking(path, note string) error
}

// localeGenEnd is the key under which the last line of locale.gen is recorded if it had no newline before converge
// listed the first locale. The lines of later runs follow it, too.
const localeGenEnd = localeGen + "#end"

// Locales is the provider of the kind locale. locale.go observes, setlocales.go changes.
type Locales struct {
	resource.Provider
	resource.AsAsked
	locales *locales
}

// NewLocales returns the provider of the locales of a root.
func NewLocales(o LocaleOptions) *Locales {
	if o.Run == nil {
		o.Run = runIn(o.FS.Root())
	}
	l := &locales{LocaleOptions: o}
	return &Locales{Provider: resource.Typed[resources.LocaleWant](l), locales: l}
}

func runIn(root string) func(ctx context.Context, argv ...string) (process.Result, error) {
	if root == "/" {
		root = ""
	}
	return func(ctx context.Context, argv ...string) (process.Result, error) {
		return process.Run(ctx, process.Command{Path: argv[0], Argv: argv, Root: root})
	}
}

// Invalidate implements [resource.Invalidator].
func (l *Locales) Invalidate([]resource.Change) { l.locales.forget() }

// locales observes and changes locales. It reads the archive and the files once for all.
type locales struct {
	LocaleOptions

	mu  sync.Mutex
	now *localeState
}

// localeState holds what the files contain about all locales.
type localeState struct {
	all, packaged map[string]bool // normalized names
	listed        []byte          // the text of locale.gen
	generator     bool            // locale-gen is installed
	supported     []byte
	langFile      string
	lang          string
}

func (l *locales) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = nil
}

func (l *locales) read() (*localeState, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now != nil {
		return l.now, nil
	}
	s := &localeState{langFile: findLangFile(l.FS)}
	var errs [4]error
	s.all, s.packaged, errs[0] = readLocales(l.FS)
	s.listed, errs[1] = readMaybe(l.FS, localeGen)
	s.supported, errs[2] = readMaybe(l.FS, supportedFile)
	s.lang, errs[3] = readLang(l.FS, s.langFile)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("cannot find out which locales there are: %w", err)
	}
	if _, err := l.FS.Stat(localeGenerator); err == nil {
		s.generator = true
	}
	l.now = s
	return s, nil
}

// readMaybe reads a file, following links; a missing file has no content.
func readMaybe(f *fsys.FS, p string) ([]byte, error) {
	p, err := f.Resolve(p)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	text, err := f.ReadFile(p, maxFile)
	return text, ignoreMissing(err)
}

// findLangFile returns the file that sets the default locale.
func findLangFile(f *fsys.FS) string {
	for _, p := range []string{"/etc/default/locale", "/etc/debian_version"} {
		if _, err := f.Stat(p); err == nil {
			return "/etc/default/locale"
		}
	}
	return "/etc/locale.conf"
}

// langSetting returns the setting LANG of the file of the default locale.
func langSetting(value string) *edit.Setting {
	return &edit.Setting{Format: edit.KeyValue, Key: "LANG", Value: value, Absent: value == "", Several: edit.KeepSeveral}
}

func readLang(f *fsys.FS, path string) (string, error) {
	text, err := readMaybe(f, path)
	if err != nil {
		return "", err
	}
	state, err := edit.Look(text, langSetting("x"))
	lang, _ := state.Value.(string)
	return lang, err
}

// Observe implements [resource.TypedProvider].
func (l *locales) Observe(_ context.Context, want resources.LocaleWant) (*resources.LocaleWant, error) {
	s, err := l.read()
	if err != nil {
		return nil, err
	}
	have := &resources.LocaleWant{
		Name: want.Name, Ensure: resource.Some("present"), Generated: resource.Some(resources.LocaleMissing),
		Lang: resource.Some(s.lang), Listed: resource.Some(s.line(want.Name)), HasTwin: resource.Some(s.all[s.twin(want.Name)]),
	}
	if n := len(s.listed); n > 0 && s.listed[n-1] != '\n' {
		have.OpenLine = resource.Some(resource.EncodeText(lastLine(s.listed)))
	} else if l.Ledger != nil && l.Ledger.ReadMaking(localeGenEnd) != "" {
		have.OpenLine = resource.Some(l.Ledger.ReadMaking(localeGenEnd))
	}
	there := isBuiltIn(want.Name) || s.all[normalizeLocale(want.Name)]
	active := strings.HasPrefix(have.Listed.Value, want.Name)
	switch {
	case !there:
	case active || !s.usesList() || isBuiltIn(want.Name) || s.packaged[normalizeLocale(want.Name)]:
		have.Generated = resource.Some(resources.LocaleThere)
	default:
		have.Generated = resource.Some(resources.LocaleUnlisted)
	}
	if want.IsAbsent() {
		return s.observeAbsent(want, have, there || active)
	}
	if !there && want.Generated.Value != resources.LocaleMissing {
		return have, l.checkSource(s, want.Name)
	}
	return have, nil
}

// observeAbsent observes a locale whose wanted state is absent; nil: it is absent.
func (s *localeState) observeAbsent(want resources.LocaleWant, have *resources.LocaleWant, there bool) (*resources.LocaleWant, error) {
	switch {
	case isBuiltIn(want.Name):
		return nil, fmt.Errorf("cannot remove the locale %s: it is part of the C library", want.Name)
	case !there:
		return nil, nil
	case s.packaged[normalizeLocale(want.Name)]:
		return nil, fmt.Errorf("cannot remove the locale %s: it is a folder in %s that a package ships; remove that package", want.Name, localeDir)
	}
	return have, nil
}

// usesList reports whether locale.gen lists the existing locales: the next run of locale-gen removes any other locale.
func (s *localeState) usesList() bool { return s.generator && len(s.listed) > 0 }

// isBuiltIn reports whether a locale always exists.
func isBuiltIn(name string) bool {
	return name == "C" || name == "POSIX" || name == "C.UTF-8"
}

// listedLine matches the line of a locale in locale.gen, even if it is commented out.
func listedLine(name string) *regexp.Regexp {
	return regexp.MustCompile(`^[ \t]*(#[ \t]*)?` + regexp.QuoteMeta(name) + `[ \t]+[A-Za-z0-9_-]+[ \t]*$`)
}

// line returns the line of a locale in locale.gen: the active one, or else the first that is commented out, or "".
func (s *localeState) line(name string) (found string) {
	match := listedLine(name)
	for text := range strings.Lines(string(s.listed)) {
		text = strings.TrimRight(text, "\r\n")
		if !match.MatchString(text) {
			continue
		}
		if !strings.HasPrefix(strings.TrimSpace(text), "#") {
			return strings.TrimSpace(text)
		}
		if found == "" {
			found = text
		}
	}
	return found
}

// charset returns the character set of a locale, "" if unknown.
func (s *localeState) charset(name string) string {
	for _, list := range [][]byte{s.listed, s.supported} {
		for text := range strings.Lines(string(list)) {
			fields := strings.Fields(strings.TrimLeft(text, "# \t"))
			if len(fields) == 2 && fields[0] == name {
				return fields[1]
			}
		}
	}
	base, _, _ := strings.Cut(name, "@")
	_, codeset, _ := strings.Cut(base, ".")
	return codeset
}

// twin returns the second name, with the character set, that localedef adds for a name without one: en_US.iso88591 for
// en_US. It is "" if the name has a character set, or its character set is unknown.
func (s *localeState) twin(name string) string {
	base, modifier, isModified := strings.Cut(name, "@")
	charset := s.charset(name)
	if strings.Contains(base, ".") || charset == "" {
		return ""
	}
	base += "." + charset
	if isModified {
		base += "@" + modifier
	}
	return normalizeLocale(base)
}

// lastLine returns the last line of a text that does not end in a newline.
func lastLine(text []byte) string { return string(text[1+bytes.LastIndexByte(text, '\n'):]) }

// checkSource returns why a locale cannot be made, or nil.
func (l *locales) checkSource(s *localeState, name string) error {
	if names, err := l.FS.Names("/lib"); err == nil && !s.generator {
		for _, n := range names {
			if strings.HasPrefix(n, "ld-musl-") {
				return fmt.Errorf("cannot make the locale %s: the C library of this system (musl) has no such locales", name)
			}
		}
	}
	if _, err := l.FS.Stat("/usr/share/i18n/locales"); errors.Is(err, fs.ErrNotExist) {
		return resource.Missing(fmt.Errorf("cannot make the locale %s: the sources of locales are not installed; a package has them or the locale itself (Debian, Ubuntu: locales; Fedora: glibc-langpack-%s or glibc-locale-source; SUSE: glibc-locale or glibc-i18ndata)", name, language(name)))
	}
	if l.findSource(name) == "" {
		return fmt.Errorf("cannot make the locale %s: there is no such locale in /usr/share/i18n/locales", name)
	}
	if s.charset(name) == "" {
		return fmt.Errorf("cannot make the locale %s: its character set is not known; name it, as in %s.UTF-8", name, name)
	}
	return nil
}

func language(name string) string {
	out, _, _ := strings.Cut(name, "_")
	return out
}

// findSource returns the source from which localedef makes a locale: its name without the character set.
func (l *locales) findSource(name string) string {
	base, modifier, modified := strings.Cut(name, "@")
	base, _, _ = strings.Cut(base, ".")
	if modified {
		base += "@" + modifier
	}
	without, _, _ := strings.Cut(base, "@") // "@euro" only selects the character set
	for _, source := range []string{base, without} {
		for _, dir := range []string{"/usr/local/share/i18n/locales/", "/usr/share/i18n/locales/"} {
			if _, err := l.FS.Stat(dir + source); err == nil {
				return source
			}
		}
	}
	return ""
}

// Review implements [resource.Reviewer].
func (l *Locales) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast || c.Empty() {
		return r
	}
	want, err := resource.Decode[resources.LocaleWant](c.Want)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	s, err := l.locales.read()
	if err != nil {
		return resource.Review{Blocked: err}
	}
	if c.Action == resource.Delete && resources.LocaleName(s.lang) == want.Name && o.Pending == resource.NothingPending {
		r.Blocked = errDefault(want.Name, s.langFile)
	}
	return r
}

var _ interface {
	resource.Transactor
	resource.Reviewer
	resource.Invalidator
} = (*Locales)(nil)
