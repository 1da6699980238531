package apt

import (
	"fmt"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/pgp"
	"converge/resources"
)

// nameSigners adds to complaints of apt-get update about signatures which key should sign each of the repositories.
// apt names the key that did.
func nameSigners(tree fsys.Files, said string) string {
	if !strings.Contains(said, "NO_PUBKEY") && !strings.Contains(said, "is not signed") && !strings.Contains(said, "GPG error") && !strings.Contains(said, "EXPKEYSIG") {
		return said
	}
	entries, err := tree.ReadDir(sourcesDir)
	if err != nil {
		return said
	}
	for _, e := range entries {
		if path.Ext(e.Name()) != ".sources" {
			continue
		}
		file := path.Join(sourcesDir, e.Name())
		text, err := tree.ReadFile(file, maxStatus)
		if err != nil {
			continue
		}
		for _, src := range resources.AptSources(string(text)) {
			if strings.Contains(said, src.URI+" "+src.Suite) {
				said += fmt.Sprintf("; %s says that %s %s is signed by %s", file, src.URI, src.Suite, describeSigners(tree, src.SignedBy))
			}
		}
	}
	return said
}

// describeSigners names the keys in the files that a Signed-By names.
func describeSigners(tree fsys.Files, signedBy string) string {
	var out []string
	for _, file := range strings.Fields(signedBy) {
		if !strings.HasPrefix(file, "/") {
			continue
		}
		data, err := tree.ReadFile(file, pgp.MaxKey)
		if err != nil {
			out = append(out, fmt.Sprintf("a key in %s, which cannot be read", file))
			continue
		}
		ring, err := pgp.Read(data)
		if err != nil {
			out = append(out, fmt.Sprintf("a key in %s, which has none: %v", file, err))
			continue
		}
		out = append(out, strings.Join(ring.Fingerprints(), " or "))
	}
	if len(out) == 0 {
		return "any key that apt trusts"
	}
	return strings.Join(out, " or ")
}
