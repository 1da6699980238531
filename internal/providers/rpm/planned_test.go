package rpm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"converge/internal/providers/packages/tool"
)

func TestRepositoriesAsTheyWillBe(t *testing.T) {
	root, into := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"etc/yum.repos.d/dist.repo": "[dist]\ngpgcheck=1\n", "etc/yum.repos.d/old.repo": "[old]\n", "etc/yum.repos.d/acme.repo": "[acme]\nbaseurl=was\n",
		"etc/yum/dist.repo": "[more]\n", "etc/yum.repos.d/readme": "[no]\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h, err := tool.NewHost(tool.Options{Root: root}, tool.Family{Manager: "dnf"})
	if err != nil {
		t.Fatal(err)
	}
	ids, err := LayRepos(h, []string{"/etc/yum.repos.d", "/etc/yum"}, map[string][]byte{
		"/etc/yum.repos.d/acme.repo": []byte("# note\n[acme]\nbaseurl = x\ngpgcheck = 1\ngpgkey=file:///k\n[acme-10]\nenabled=1\n[off]\nenabled=0\n"),
		"/etc/yum.repos.d/old.repo":  nil, "/etc/pki/rpm-gpg/RPM-GPG-KEY-acme": []byte("k"), "/elsewhere/x.repo": []byte("[x]\n"),
	}, into)
	var got []string
	names, globErr := filepath.Glob(into + "/*")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%q", text))
	}
	slices.Sort(got)
	want := []string{
		`"# note\n[acme]\ngpgcheck=0\nrepo_gpgcheck=0\nbaseurl = x\n[acme-10]\ngpgcheck=0\nrepo_gpgcheck=0\nenabled=1\n[off]\ngpgcheck=0\nrepo_gpgcheck=0\nenabled=0\n"`,
		`"[dist]\ngpgcheck=1\n"`, `"[more]\n"`,
	}
	if err != nil || globErr != nil || fmt.Sprint(ids) != "[acme acme-10]" || !slices.Equal(got, want) {
		t.Errorf("%v, %v\n%s", ids, err, strings.Join(got, "\n"))
	}
}
