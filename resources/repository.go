package resources

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Repository is the kind of package repositories: the native file that defines one, its signing key, and its
// priorities. A provider of nil serves documentation and validation.
func Repository(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "repository",
		Doc: "A package repository with its signing key, in the form of the machine's own package manager.\n\n" +
			"A key comes before its repository, and all repositories of a package manager come before its packages. The package lists are fetched once, " +
			"after the last change of a repository and before the first package.\n\n" +
			"Before converge writes a repository it checks the signature of its index, and refuses one that another key signed. It refuses an unsigned index too, and one of apt that has expired (`Valid-Until`). " +
			"Where only the packages are signed, of dnf, zypper or pacman, `options` say so (`repo_gpgcheck = 0`, `SigLevel = \"Required DatabaseOptional\"`). " +
			"A repository whose server answers that it has no index (404, 410) is refused as well, a `trusted` one of dnf, zypper or pacman included. That is a note only where the package manager may ask in another way: with variables, a proxy or a password of its own, or not at all (`enabled = false`). " +
			"Any other index that converge cannot fetch is left to the package manager, and a note says so. Where the declaration does not say where the index is (`mirrorlist`, `metalink`, `Include`, a variable of the machine's own), no signature of it is asked for, and each package is checked. " +
			"A key that has expired, that cannot sign, or that has fewer than 2048 bits (RSA, DSA) is refused, and so is a signature with SHA-1, which only apk still has. Every plan warns of an OpenPGP key that expires within 30 days.\n\n" +
			"`ensure = \"absent\"` removes the repository, its key, its priorities and the package lists that were fetched from it. The plan names the installed packages that no other repository offers.\n\n" +
			"With `--root`, the files are those of that tree, and a `file:` URL is a path in it.\n\n" +
			repositoryFiles,
		Example: `repository "acme" {
  url        = "https://packages.example.com/debian"
  suites     = ["stable"]
  components = ["main"]
  key_source = "https://packages.example.com/acme.asc"
  key_sha256 = "0f343b0931126a20f133d67c2b018a3b6f0d3c1b5b0f4fd1d0e9b1d5b4c0ab11"
  priority   = 400
  pin        = { "acme-*" = 900, "php" = "8.2*" }
}
`,
		Label:       "name",
		Provider:    p,
		Attrs:       resource.Typing[RepositoryWant](repositoryAttrs()),
		Prepare:     resource.Preparing(prepareRepository),
		Links:       resource.Reading(repositoryLinks),
		Contradict:  wholeContradictions("repository", pacmanFile, nil),
		Moves:       func(resource.Change) bool { return true },
		Inert:       true,
		Takes:       resource.Reading(repositoryTakes),
		ContentAttr: "definition",
		Revert:      resource.Reverting(revertRepository),
	}
}

// repositoryFiles lists the files of a repository by package manager.
const repositoryFiles = "| package manager | repository | key | priorities |\n" +
	"|---|---|---|---|\n" +
	"| apt | `/etc/apt/sources.list.d/NAME.sources` (deb822); the password of its URL in `/etc/apt/auth.conf.d/NAME.conf` | `/etc/apt/keyrings/NAME.asc`, named by `Signed-By` | `/etc/apt/preferences.d/NAME.pref` |\n" +
	"| dnf | `/etc/yum.repos.d/NAME.repo` | `/etc/pki/rpm-gpg/RPM-GPG-KEY-NAME`, imported into rpm | in the file; pins in further sections of it, `[NAME-pin1]` |\n" +
	"| zypper | `/etc/zypp/repos.d/NAME.repo` | as dnf | in the file; of the whole repository only |\n" +
	"| pacman | the section `[NAME]` of `/etc/pacman.conf` | `/etc/pacman.d/NAME.asc`, imported and locally signed by pacman-key | the order of the sections, see `before` |\n" +
	"| apk | `/etc/apk/repositories.d/NAME.list` | `/etc/apk/keys/KEY_NAME` | pins by a tag, see `pin` |"

func repositoryAttrs() []resource.Attr {
	return append([]resource.Attr{
		{Name: "name", Required: true, Check: checkRepositoryName, Doc: "The repository's name, of which its files and its section get theirs."},
		ensureAttr("repository", ""),
		{
			Name: "provider", Option: true, Default: cty.StringVal("auto"), OneOf: []string{"auto", "apt", "dnf", "zypper", "pacman", "apk"},
			Doc: "The package manager. `auto`: the machine's own.",
		},
		{Name: "url", Option: true, Check: checkRepositoryURL, Doc: "Where the repository is. Variables of the package manager (`$basearch`, `$repo`) are left to it. A user and a password (`https://USER:PASSWORD@HOST/`) go to a file of root's alone, except with pacman, whose one file all users read."},
		{Name: "suites", Option: true, Doc: "Suites, of apt: `[\"stable\"]`, or a folder with a slash at its end (`[\"./\"]`) for a flat repository."},
		{Name: "components", Option: true, Doc: "Components, of apt: `[\"main\"]`. None for a flat repository."},
		{Name: "architectures", Option: true, Doc: "Architectures, of apt: `[\"amd64\"]`. Unset: those of the machine."},
		{Name: "enabled", Option: true, Doc: "Whether the package manager uses the repository. Unset: it does."},
		{Name: "trusted", Option: true, Doc: "`true`: its packages are installed without any check of a signature. It cannot stand beside a key."},
	}, append(repositoryKeyAttrs(), repositoryOrderAttrs()...)...)
}

func repositoryKeyAttrs() []resource.Attr {
	return []resource.Attr{
		{Name: "key", Option: true, Doc: "The signing key as text: an OpenPGP public key in ASCII armor, or several of them; for apk, an RSA public key (PEM)."},
		{Name: "key_source", Option: true, Doc: "A file with the signing key, relative to the manifest's folder, or an `http(s)` URL, which needs `key_sha256`. An OpenPGP key in binary form is written in ASCII armor."},
		{Name: "key_sha256", Option: true, Check: checkSHA256, Doc: "The SHA-256 of what `key_source` holds, in hex."},
		{Name: "key_name", Option: true, Check: checkKeyName, Doc: "The name of the key's file, of apk, by which a repository names the key that signed it: `acme-1a2b.rsa.pub`. Unset: the last part of `key_source`, or `NAME.rsa.pub`."},
		{Name: "signing_key", Computed: true, Doc: "The content of the key's file; empty if there is none."},
	}
}

func repositoryOrderAttrs() []resource.Attr {
	return []resource.Attr{
		{Name: "priority", Option: true, Doc: "The priority of the repository, in the words of its package manager. apt: the higher wins, from 1; 500 is usual, and from 1000 on packages are downgraded. dnf and zypper: the lower wins, from 1 to 99."},
		{Name: "pin", Option: true, Doc: "Priorities of packages, of apt, dnf and apk, by name or pattern; the most exact pattern counts. A number is the priority of what this repository offers of them (`\"nginx*\" = 900`, with dnf `\"nginx*\" = 10`), a text the version that is preferred (`\"php\" = \"8.2*\"`): with apt that of any repository, with priority 990; with dnf that of this one, with priority 1. apk has no ranks: `\"*\"` has it prefer the packages of this repository, by a tag."},
		{Name: "pin_release", Option: true, Check: checkOneLine, Doc: "By what apt recognises the repository for `priority` and `pin`: fields of its Release file, as in apt_preferences(5) (`o=Acme,n=stable`). Unset: the host of `url`."},
		{Name: "before", Check: checkRepositoryName, Doc: "The repository, of pacman, before whose section this one must be: pacman takes a package from the first section that has it. Unset: this one is added as the last, and stays where it is."},
		{Name: "options", Option: true, Doc: "Further fields of the native form, or others instead of converge's own: `{ \"repo_gpgcheck\" = 0 }`, `{ \"SigLevel\" = \"Required DatabaseOptional\" }`; of apk, `tag`."},
		{Name: "definition", Computed: true, SecretIf: []string{"url", "options"}, Doc: "The native text that names the repository."},
		{Name: "mode", Computed: true, Doc: "Permissions of the file: `600` if it has a password, in a URL or in a field of that name."},
		{Name: "credentials", Computed: true, SecretIf: []string{"url", "options"}, Doc: "The text with the user and the password of `url`, of apt; empty if it has none."},
		{Name: "preferences", Computed: true, Doc: "The text with its priorities, of apt; empty if there are none."},
	}
}

// RepositoryWant is the struct of the kind repository.
type RepositoryWant struct {
	Name     string               `attr:"name"`
	Ensure   resource.Opt[string] `attr:"ensure"`
	Provider resource.Opt[string] `attr:"provider"`

	URL           resource.Opt[string]   `attr:"url"`
	Suites        resource.Opt[[]string] `attr:"suites"`
	Components    resource.Opt[[]string] `attr:"components"`
	Architectures resource.Opt[[]string] `attr:"architectures"`
	Enabled       resource.Opt[bool]     `attr:"enabled"`
	Trusted       resource.Opt[bool]     `attr:"trusted"`

	Key        resource.Opt[string] `attr:"key"`
	KeySource  resource.Opt[string] `attr:"key_source"`
	KeySHA256  resource.Opt[string] `attr:"key_sha256"`
	KeyName    resource.Opt[string] `attr:"key_name"`
	SigningKey *resource.Blob       `attr:"signing_key"`

	Priority    resource.Opt[int64]             `attr:"priority"`
	Pin         resource.Opt[map[string]string] `attr:"pin"`
	PinRelease  resource.Opt[string]            `attr:"pin_release"`
	Before      resource.Opt[string]            `attr:"before"`
	Options     resource.Opt[map[string]string] `attr:"options"`
	Definition  *resource.Blob                  `attr:"definition"`
	Mode        resource.Opt[string]            `attr:"mode"`
	Preferences *resource.Blob                  `attr:"preferences"`
	Credentials *resource.Blob                  `attr:"credentials"`
}

// IsAbsent reports whether the repository should not exist.
func (w *RepositoryWant) IsAbsent() bool { return w.Ensure.Value == "absent" }

// repositoryLinks orders a repository before all packages of its package manager.
func repositoryLinks(want RepositoryWant) resource.Links {
	l := resource.Links{Provides: []string{"repository:" + want.Name}}
	for _, path := range want.Paths() {
		l.Provides = append(l.Provides, "path:"+path)
		if path != want.KeyPath() || want.hasKey() || want.IsAbsent() {
			l.Whole = append(l.Whole, "path:"+path)
		}
		addNeed(&l, "path:", path[:strings.LastIndexByte(path, '/')], "its file is in that directory")
	}
	if want.Provider.Value == "pacman" {
		l.Writes = []string{PacmanConf}
	}
	addNeed(&l, "repository:", want.Before.Value, "its section is placed before that one's") // so that two cannot each precede the other
	if want.Provider.Set {
		l.Before = keysOfManagers([]string{want.Provider.Value})
	}
	switch {
	case want.Provider.Set && want.Provider.Value != "apt":
	case want.IsAbsent():
		l.Before = append(l.Before, aptSources)
	default:
		l.Needs = append(l.Needs, resource.Need{Key: aptSources, Reason: "apt reads no sources that contradict each other"})
	}
	return l
}

// repositoryTakes returns the sources of a repository of apt with those who sign them: apt reads no sources at all where
// one of them has two values of Signed-By.
func repositoryTakes(w RepositoryWant) map[string]string {
	if w.Provider.Value != "apt" || w.Definition == nil || w.IsAbsent() {
		return nil
	}
	text, ok := w.Definition.Bytes()
	if !ok {
		return nil
	}
	out := map[string]string{}
	for _, s := range AptSources(string(text)) {
		if !s.Disabled {
			out[s.Key()] = strings.Join(s.Signers(), " ")
		}
	}
	return out
}

// pacmanFile is the shared file in which a repository has its section, if it has one there.
func pacmanFile(r *resource.Resource) []string {
	if w := resource.Must[RepositoryWant](r.Want); w.Provider.Value == "pacman" && !w.IsAbsent() {
		return []string{PacmanConf}
	}
	return nil
}

// revertRepository is Undo for repositories: the files get their old bytes back. The old state is not checked again,
// and so counts as trusted.
func revertRepository(p resource.Past, before, after RepositoryWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs(nil)
	for i := range us {
		more := RepositoryWant{
			Provider: before.Provider, KeyName: before.KeyName, Before: before.Before, Mode: before.Mode, Trusted: resource.Some(true),
		}
		if p.WasCreated() {
			more = RepositoryWant{Provider: after.Provider, KeyName: after.KeyName}
		}
		maps.Copy(us[i].Want, resource.EncodeAttrs(more))
		more.Mode, more.Before = resource.Opt[string]{}, resource.Opt[string]{}
		maps.Copy(us[i].Made, resource.EncodeAttrs(more))
		delete(us[i].Made, "before") // its neighbour may have changed
		if err := madeByDigest(us[i].Made, "definition", "signing_key", "preferences", "credentials"); err != nil {
			return nil, err
		}
	}
	return us, err
}

// madeByDigest makes contents comparable by their digests alone: the content that a run wrote is not kept.
func madeByDigest(made map[string]cty.Value, names ...string) error {
	for _, name := range names {
		b := resource.AsBlob(made[name])
		if b == nil || b.Sealed() != "" {
			continue
		}
		digest, err := b.Digest()
		if err != nil {
			return err
		}
		made[name] = resource.BlobVal(resource.DigestBlob(digest, -1, b.Open))
	}
	return nil
}

func checkRepositoryName(v cty.Value) error {
	return require(isWord(v.AsString(), "+._-") && len(v.AsString()) < 100, "must be letters, digits and + . _ -, and begin with a letter or a digit: it is a name of your own; where the packages are is url, suites and components, and key")
}

func checkKeyName(v cty.Value) error {
	return require(isWord(v.AsString(), "+._@-"), "must be the name of a file: letters, digits and + . _ @ -")
}

func checkRepositoryURL(v cty.Value) error {
	s := v.AsString()
	scheme, _, ok := strings.Cut(s, ":")
	if (!ok || strings.Contains(scheme, "/") || strings.Contains(scheme, ".")) && s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("has no scheme in front of it: %q", "https://"+strings.TrimLeft(s, "/"))
	}
	if parts := splitSourceLine(s); len(parts) > 1 {
		return fmt.Errorf("must be the URL alone, and not a line of sources.list: url = %q, suites = [%q] and components = [%s]", parts[0], parts[1], quoteAll(parts[2:]))
	}
	if !ok || !isWord(scheme, "+-") || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return errors.New("must be a URL without blanks, such as https://packages.example.com/debian")
	}
	if _, err := url.Parse(s); err != nil {
		return errors.New("must be a URL, such as https://packages.example.com/debian")
	}
	return nil
}

// splitSourceLine splits a line of sources.list(5) into its URL, its suite and its components; nil for any other line.
func splitSourceLine(line string) []string {
	words := strings.Fields(line)
	if len(words) < 3 || words[0] != "deb" && words[0] != "deb-src" {
		return nil
	}
	words = words[1:]
	if strings.HasPrefix(words[0], "[") {
		end := slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "]") })
		words = words[end+1:]
	}
	return words
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, ", ")
}

func checkOneLine(v cty.Value) error {
	return require(v.AsString() != "" && !strings.ContainsFunc(v.AsString(), func(r rune) bool { return r < ' ' || r == 0x7f }), "must be one line of text")
}
