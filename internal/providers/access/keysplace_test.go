package access_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/providers/access"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// moveTo declares and gives the user deploy a home; has is the one that it has.
func (h *host) moveTo(t *testing.T, has, home string) {
	t.Helper()
	if has != home {
		if err := os.Rename(h.root+has, h.root+home); err != nil {
			t.Fatal(err)
		}
	}
	h.write(t, "/etc/passwd", fmt.Sprintf("root:x:0:0::/root:/bin/sh\ndeploy:x:%d:%[1]d::%s:/bin/sh\n", deploy(), home))
}

// declareHome declares a home, and returns a wanted user with keys.
func (h *host) declareHome(t *testing.T, home string, keys []string, was string, createHome bool) resources.UserWant {
	t.Helper()
	r, err := resourcetest.Build(resources.User(nil), &resourcetest.World{}, "deploy", resourcetest.Attrs("name", "deploy", "home", home, "ssh_keys", keys, "create_home", createHome))
	if err != nil {
		t.Fatal(err)
	}
	h.files.Declare([]*resource.Resource{r})
	h.parts.Invalidate(nil)
	want := resource.Must[resources.UserWant](r.Want)
	want.SSHWas = resource.NonEmpty(was)
	return want
}

// Keys in a home that is moved are those of the former home, and go back with it.
func TestKeysInAMovedHome(t *testing.T) {
	h := newHost(t)
	h.write(t, "/srv/x", "")
	keys := access.NewUserKeys(h.files, h.parts)
	own := []string{keyTwo + " two"}
	moved := h.declareHome(t, "/srv/d", []string{keyOne}, "", true)
	if has, err := keys.Read(t.Context(), moved); err != nil || !slices.Equal(has, own) {
		t.Errorf("before the move it has %q; %v", has, err)
	}
	was, err := keys.Record(t.Context(), moved)
	if err != nil {
		t.Fatal(err)
	}
	h.moveTo(t, "/home/deploy", "/srv/d")
	if err := keys.Write(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(h.root + "/srv/d/.ssh/authorized_keys"); string(got) != "# mine\n"+keyOne+"\n" {
		t.Errorf("the file holds %q; %v", got, err)
	}
	back := h.declareHome(t, "/home/deploy", own, was, true)
	if has, err := keys.Read(t.Context(), back); err != nil || !slices.Equal(has, []string{keyOne}) {
		t.Errorf("before it is moved back it has %q; %v", has, err)
	}
	h.moveTo(t, "/srv/d", "/home/deploy")
	if err := keys.Write(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	h.holds(t, "# mine\n"+keyTwo+" two\n")
}

// A home that is not moved leaves its keys where they are: those of the new one are taken back.
func TestKeysInAnotherHome(t *testing.T) {
	h := newHost(t)
	h.write(t, "/srv/d/x", "")
	h.give(t, "/srv/d")
	before := h.dump(t, false)
	keys := access.NewUserKeys(h.files, h.parts)
	other := h.declareHome(t, "/srv/d", []string{keyOne}, "", false)
	if has, err := keys.Read(t.Context(), other); err != nil || len(has) > 0 {
		t.Errorf("it has %q; %v", has, err)
	}
	was, err := keys.Record(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	h.moveTo(t, "/srv/d", "/srv/d")
	if err := keys.Write(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	h.moveTo(t, "/home/deploy", "/home/deploy")
	if err := keys.Write(t.Context(), h.declareHome(t, "/home/deploy", []string{}, was, false)); err != nil {
		t.Fatal(err)
	}
	h.write(t, "/etc/passwd", fmt.Sprintf("root:x:0:0::/root:/bin/sh\ndeploy:x:%d:%d::/home/deploy:/bin/sh\nfresh:x:%[1]d:%[1]d::/home/fresh:/bin/sh\n", deploy(), deploy()))
	if after := h.dump(t, false); after != before {
		t.Errorf("it is\n%s\nand was\n%s", after, before)
	}
}

// What a change of keys did is taken back in the file that it was made to, wherever sshd looks by then.
func TestKeysGoBackWhereTheyWere(t *testing.T) {
	h := newHost(t)
	keys := access.NewUserKeys(h.files, h.parts)
	h.write(t, "/etc/ssh/keys/deploy", keyTwo+"\n")
	want := withKeys("deploy", []string{keyOne}, "")
	was, err := keys.Record(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Write(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	h.write(t, "/etc/ssh/sshd_config", "AuthorizedKeysFile /etc/ssh/keys/%u\n")
	h.parts.Invalidate(nil)
	back := withKeys("deploy", []string{keyTwo + " two"}, was)
	if has, err := keys.Read(t.Context(), back); err != nil || !slices.Equal(has, []string{keyOne}) {
		t.Errorf("it has %q; %v", has, err)
	}
	if err := keys.Write(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	h.holds(t, "# mine\n"+keyTwo+" two\n")
	if got, err := os.ReadFile(h.root + "/etc/ssh/keys/deploy"); string(got) != keyTwo+"\n" {
		t.Errorf("the other file holds %q; %v", got, err)
	}
}

// The file in which keys will be is that which the declared configuration names.
func TestForeseenFiles(t *testing.T) {
	a := resourcetest.Attrs
	file := func(path, content string) *resource.Resource {
		attrs := a("path", path, "content", content)
		if content == "" {
			attrs = a("path", path, "ensure", "absent")
		}
		return build(t, resources.File(nil), attrs)
	}
	setting := build(t, resources.Setting(nil), a("path", "/etc/ssh/sshd_config", "key", "AuthorizedKeysFile", "value", "/s/%u"))
	block := build(t, resources.Block(nil), a("path", "/etc/ssh/sshd_config", "marker", "k", "content", "AuthorizedKeysFile /b/%u\n"))
	dropin, gone := file("/etc/ssh/sshd_config.d/2.conf", "AuthorizedKeysFile /d/%u\n"), file("/etc/ssh/sshd_config.d/1.conf", "")
	off := *dropin
	off.Off = true
	audited := *dropin
	audited.Audit = true
	for _, c := range []struct {
		summary  string
		declared []*resource.Resource
		want     string
	}{
		{"nothing", nil, "/one/deploy"},
		{"a drop-in that comes after", []*resource.Resource{dropin}, "/one/deploy"},
		{"one that goes", []*resource.Resource{gone}, "/home/deploy/.ssh/authorized_keys"},
		{"both", []*resource.Resource{gone, dropin}, "/d/deploy"},
		{"a setting", []*resource.Resource{gone, setting}, "/s/deploy"},
		{"a block", []*resource.Resource{gone, block}, "/b/deploy"},
		{"the file itself", []*resource.Resource{file("/etc/ssh/sshd_config", "AuthorizedKeysFile /f/%u\n")}, "/f/deploy"},
		{"a file that is not managed", []*resource.Resource{gone, &off, &audited}, "/home/deploy/.ssh/authorized_keys"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			h := newHost(t)
			h.write(t, "/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n")
			h.write(t, "/etc/ssh/sshd_config.d/1.conf", "AuthorizedKeysFile /one/%u\n")
			h.files.Foresee = true
			h.files.Declare(c.declared)
			if got := h.files.LocateKeys(t.Context(), "deploy"); got != c.want {
				t.Errorf("it is %s, want %s", got, c.want)
			}
			h.files.Foresee = false
			h.files.Forget()
			if got := h.files.LocateKeys(t.Context(), "deploy"); got != "/one/deploy" {
				t.Errorf("as it is now it is %s", got)
			}
		})
	}
}

func build(t *testing.T, k *resource.Kind, attrs map[string]cty.Value) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(k, &resourcetest.World{}, "it", attrs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What older versions have recorded of keys still takes them back: without the file that the change was made to, it
// is the one in which sshd looks; without a record at all, the lines come back, and not how they were written.
func TestKeysOfOlderRecordsGoBack(t *testing.T) {
	for name, c := range map[string]struct {
		older func(was string) string
		want  string
	}{
		"without the file":     {func(was string) string { return regexp.MustCompile(`,"of":"[^"]*"`).ReplaceAllString(was, "") }, "# mine\n" + keyTwo + " two\n"},
		"without the bytes":    {func(was string) string { return regexp.MustCompile(`"hunks":\[[^]]*\],?`).ReplaceAllString(was, "") }, "# mine\n" + keyTwo + " two\n"},
		"without a record":     {func(string) string { return "" }, "# mine\n" + keyTwo + " two\n"},
		"that cannot be read":  {func(string) string { return "{" }, "# mine\n" + keyTwo + " two\n"},
		"as this version does": {func(was string) string { return was }, "# mine\n" + keyTwo + " two\n"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			keys := access.NewUserKeys(h.files, h.parts)
			wanted := h.declareHome(t, "/home/deploy", []string{keyOne}, "", true)
			was, err := keys.Record(t.Context(), wanted)
			if err != nil {
				t.Fatal(err)
			}
			if older := c.older(was); (older == was) != (name == "as this version does") {
				t.Fatalf("the record is %s", was)
			}
			if err := keys.Write(t.Context(), wanted); err != nil {
				t.Fatal(err)
			}
			h.holds(t, "# mine\n"+keyOne+"\n")
			back := h.declareHome(t, "/home/deploy", []string{keyTwo + " two"}, c.older(was), true)
			if err := keys.Write(t.Context(), back); err != nil {
				t.Fatal(err)
			}
			h.holds(t, c.want)
		})
	}
}
