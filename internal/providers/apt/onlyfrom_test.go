package apt

import (
	"fmt"
	"testing"

	"converge/resources"
)

// As apt-cache 2.6.1 wrote it.
const policyOfSeveral = `hello-conf:
  Installed: 1.0
  Candidate: 2.0
  Version table:
     2.0 500
        500 file:/srv/repo stable/main amd64 Packages
 *** 1.0 100
        500 file:/srv/repo stable/main amd64 Packages
        100 /var/lib/dpkg/status
zed:
  Installed: 1
  Candidate: 1
  Version table:
 *** 1 500
        500 copy:/srv/flat ./ Packages
        100 /var/lib/dpkg/status
svc-a:
  Installed: 1.0
  Candidate: 1.0
  Version table:
     1.1 500
        500 http://deb.example.com/debian bookworm/main amd64 Packages
 *** 1.0 500
        500 file:/srv/repo stable/main amd64 Packages
        100 /var/lib/dpkg/status
local:
  Installed: 3
  Candidate: 3
  Version table:
 *** 3 100
        100 /var/lib/dpkg/status
`

func TestPackagesOfOneSource(t *testing.T) {
	for definition, want := range map[string]string{
		"URIs: file:///srv/repo\nSuites: stable\n":                                      "[hello-conf]",
		"URIs: file:///srv/repo\nSuites: old\n":                                         "[]",
		"URIs: copy:/srv/flat/\nSuites: ./\n":                                           "[zed]",
		"URIs: file:/srv/repo http://deb.example.com/debian\nSuites: stable bookworm\n": "[hello-conf svc-a]",
	} {
		if got := fmt.Sprint(parseOnlyFrom(policyOfSeveral, resources.AptSources(definition))); got != want {
			t.Errorf("%q: %s, want %s", definition, got, want)
		}
	}
}
