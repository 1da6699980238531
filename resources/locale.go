package resources

import (
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// The values of the attribute generated.
const (
	LocaleThere    = "yes"
	LocaleMissing  = "no"
	LocaleUnlisted = "unlisted" // present, but removed by the next run of locale-gen
)

// Locale is the kind of one locale of a host, and of the default one. A provider of nil
// serves documentation and validation.
func Locale(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "locale",
		Doc: "One locale that programs can use, as `locale -a` lists it, and whether it is the default one (`LANG`).\n\n" +
			"Where there is a `locale-gen` (Debian, Ubuntu, Arch), the locale's line in `/etc/locale.gen` is activated, so that the next run of `locale-gen` makes it again. " +
			"`localedef` adds it to the locales that there are; the others stay, also those that nobody listed. It can do so if the sources of locales are installed (the package `locales` of Debian and Ubuntu); on Fedora and SUSE, packages such as `glibc-langpack-de` bring locales, too. " +
			"Systems with musl (Alpine) have no such locales: there the kind is an error.\n\n" +
			"The default is `LANG` in `/etc/default/locale` on Debian and Ubuntu, and in `/etc/locale.conf` elsewhere. A session that exists keeps its locale. " +
			"`C.UTF-8` is always there, and can be the default.\n\n" +
			"With `--root`, the `localedef` of that tree runs in it, and the files of that tree are edited.\n\n" +
			"`ensure = \"absent\"` deactivates the line and removes the locale. One that a package ships, or that is the default, cannot be removed.",
		Example: "locale \"en_US.UTF-8\" { default = true }\n\nlocale \"de_DE.UTF-8\" {}\n",
		Label:   "name",
		Attrs: resource.Typing[LocaleWant]([]resource.Attr{
			{Name: "name", Required: true, Check: checkLocale, Doc: "The locale: `de_DE.UTF-8`. `utf8` means `UTF-8`."},
			ensureAttr("locale", ""),
			{Name: "default", Option: true, Doc: "`true`: this locale is `LANG` for everything that is started from now on. At most one locale of a manifest can be it."},
			{Name: "generated", Brief: "generated", Computed: true, Loses: resource.Becomes("no"), Doc: "Whether programs can use the locale: `yes`, `no`, or `unlisted`: they can until `locale-gen` is run, for `/etc/locale.gen` does not list it."},
			{Name: "lang", Brief: "LANG", Computed: true, Loses: resource.Empties, Same: isSameLocale, Doc: "The default locale."},
			{Name: "listed", Computed: true, Internal: true, Doc: "The locale's line in `/etc/locale.gen`, which a rollback restores; empty if there is none."},
			{Name: "open_line", Computed: true, Internal: true, Option: true, Doc: "The last line of `/etc/locale.gen`, where that has no end, which a rollback restores."},
			{Name: "has_twin", Computed: true, Internal: true, Option: true, Doc: "Whether there was the locale by its name with the character set, which a rollback leaves: `localedef` adds that name to one that has none."},
		}),
		Prepare:    resource.Preparing(prepareLocale),
		Links:      resource.Reading(localeLinks),
		Contradict: joinContradictions(localeContradictions, ownerContradictions("locale")),
		Holds:      localeInFile,
		Revert:     resource.Reverting(revertLocale),
		Restores:   true,
		Provider:   p,
	}
}

// LocaleWant is the struct of the kind locale.
type LocaleWant struct {
	Name      string               `attr:"name"`
	Ensure    resource.Opt[string] `attr:"ensure"`
	Default   resource.Opt[bool]   `attr:"default"`
	Generated resource.Opt[string] `attr:"generated"`
	Lang      resource.Opt[string] `attr:"lang"`
	Listed    resource.Opt[string] `attr:"listed"`
	OpenLine  resource.Opt[string] `attr:"open_line"`
	HasTwin   resource.Opt[bool]   `attr:"has_twin"`
}

// IsAbsent reports whether the locale should not exist.
func (w *LocaleWant) IsAbsent() bool { return w.Ensure.Value == "absent" }

func prepareLocale(_ resource.Input, w *LocaleWant) error {
	w.Name = LocaleName(w.Name)
	if w.IsAbsent() {
		if w.Default.Value {
			return attrError("default", "cannot be true of a locale that is to be absent")
		}
		*w = LocaleWant{Name: w.Name, Ensure: w.Ensure}
		return nil
	}
	w.Ensure = resource.Opt[string]{} // a declaration implies it
	w.Generated = resource.Some(LocaleThere)
	if w.Default.Value {
		w.Lang = resource.Some(w.Name)
	}
	return nil
}

func localeLinks(w LocaleWant) resource.Links {
	var within []string
	if !isAlwaysThere(w.Name) {
		within = append(within, localeList)
	}
	if w.Default.Value {
		within = append(within, defaultLocaleFiles()...)
	}
	l := resource.Links{
		Provides: []string{"locale:" + w.Name},
		Within:   within,
		Writes:   append([]string{localeList, "/usr/lib/locale/locale-archive"}, defaultLocaleFiles()...),
		Needs: []resource.Need{
			{Key: "package:locales", Reason: "that package has the sources of locales"},
			{Key: "package:glibc-locale-source", Reason: "that package has the sources of locales"},
			{Key: "path:/etc/locale.gen", Reason: "it activates its line in that file"},
			{Key: "path:/etc/default/locale", Reason: "it writes the default into that file"},
			{Key: "path:/etc/locale.conf", Reason: "it writes the default into that file"},
		},
	}
	if w.IsAbsent() {
		l.Needs = append(l.Needs, resource.Need{Key: defaultLocaleKey, Reason: "the default locale is set before one is removed that may be it"})
	}
	if w.Default.Value {
		l.Shares = []string{defaultLocaleKey}
	}
	return l
}

// defaultLocaleKey is the key of the default locale of a host.
const defaultLocaleKey = "locale default:host"

// isAlwaysThere reports whether the C library contains a locale, without a list.
func isAlwaysThere(name string) bool {
	language, _, _ := strings.Cut(name, ".")
	return language == "C" || language == "POSIX"
}

// localeList is the file in which locale-gen finds the locales to make.
const localeList = "/etc/locale.gen"

// defaultLocaleFiles are the possible files of the default locale; a system has one of them.
func defaultLocaleFiles() []string { return []string{"/etc/default/locale", localeConf} }

// localeConf is the file of all systems except those of Debian's family.
const localeConf = "/etc/locale.conf"

// localeInFile is [resource.Kind.Holds]: the content of a file lists the locale, or sets the default one.
func localeInFile(want cty.Value, path string, content []byte) bool {
	w := resource.Must[LocaleWant](want)
	if path == localeConf {
		return true // it is not known here whether this is the system's file of the default locale
	}
	if path != localeList {
		return isDefaultLocale(w.Name, content)
	}
	for line := range strings.Lines(string(content)) {
		if words := strings.Fields(line); len(words) > 0 && LocaleName(words[0]) == w.Name {
			return !w.IsAbsent()
		}
	}
	return w.IsAbsent()
}

// localeContradictions finds two locales that are both to be the default.
func localeContradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	var first *resource.Resource
	for _, r := range rs {
		if r.Off || r.Kind.Name != "locale" || !resource.Must[LocaleWant](r.Want).Default.Value {
			continue
		}
		if first != nil && first.Key != r.Key {
			diags = append(diags, contradiction(r, first, r.Addr.String()+" and "+first.Addr.String()+" are both to be the default locale.", "set default in one of them"))
		}
		first = r
	}
	return diags
}

// revertLocale is Undo for locales: the line of locale.gen comes back as it was.
func revertLocale(p resource.Past, before, _ LocaleWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs(nil)
	if err != nil || len(us) == 0 || !before.Listed.Set {
		return us, err
	}
	if _, ok := us[0].Want["generated"]; ok {
		us[0].Want["listed"] = cty.StringVal(before.Listed.Value)
		if before.OpenLine.Set {
			us[0].Want["open_line"] = cty.StringVal(before.OpenLine.Value)
		}
		if before.HasTwin.Value {
			us[0].Want["has_twin"] = cty.True
		}
	}
	if p.WasRemoved() {
		delete(us[0].Want, "lang") // the run did not change it
	}
	return us, nil
}

// LocaleName returns the one spelling of a locale's name.
func LocaleName(name string) string {
	base, modifier, _ := strings.Cut(name, "@")
	language, codeset, _ := strings.Cut(base, ".")
	if isUTF8(codeset) {
		base = language + ".UTF-8"
	}
	if modifier != "" {
		base += "@" + modifier
	}
	return base
}

func isUTF8(codeset string) bool {
	return strings.EqualFold(codeset, "utf8") || strings.EqualFold(codeset, "utf-8")
}

func isSameLocale(have, want cty.Value) bool {
	return LocaleName(have.AsString()) == LocaleName(want.AsString())
}

func checkLocale(v cty.Value) error {
	ok := regexp.MustCompile(`^[A-Za-z]+(_[A-Za-z]+)?(\.[A-Za-z0-9-]+)?(@[A-Za-z0-9]+)?$`).MatchString(v.AsString())
	return require(ok, "must be the name of a locale, such as de_DE.UTF-8")
}
