package site

import (
	"strings"
	"testing"

	"converge/internal/manifest"
	"converge/internal/resource"
)

// TestProposedAddresses shows the addresses that are proposed for an unknown value of --target, quoted for a shell.
func TestProposedAddresses(t *testing.T) {
	s := &Site{Site: &manifest.Site{}}
	for _, r := range []struct{ addr, key string }{
		{`package.nginx`, "package:nginx"}, {`service.nginx`, "service:nginx"},
		{`file["/etc/motd"]`, "path:/etc/motd"}, {`file.page["eu"]`, "path:/srv/eu"}, {`file.page["us"]`, "path:/srv/us"},
		{`module.web.file.conf`, "path:/etc/web.conf"},
	} {
		addr, err := resource.ParseAddr(r.addr)
		if err != nil {
			t.Fatal(err)
		}
		s.Resources = append(s.Resources, &resource.Resource{Addr: addr, Key: r.key})
	}
	for given, want := range map[string]string{
		// The name alone, or in the form of another tool.
		`nginx`:           `--target package.nginx or --target service.nginx`,
		`Service[nginx]`:  `--target service.nginx`,
		`service/nginx`:   `--target service.nginx`,
		`/etc/motd`:       `--target 'file["/etc/motd"]'`,
		`path:/etc/motd`:  `--target 'file["/etc/motd"]'`,
		`file.motd`:       `--target 'file["/etc/motd"]'`,
		`file[/etc/motd]`: `--target 'file["/etc/motd"]'`, // whose quotes a shell has removed
		`file./etc/motd`:  `--target 'file["/etc/motd"]'`,
		`eu`:              `--target 'file.page["eu"]'`,
		`file.page.eu`:    `--target 'file.page["eu"]'`,
		`file.page[eu]`:   `--target 'file.page["eu"]'`,
		`conf`:            `--target module.web.file.conf`,
		`web`:             `--target module.web`,
		`module.web.conf`: `--target module.web.file.conf`,

		// Misspelt.
		`service.ngnix`:       `--target service.nginx`,
		`pakage.nginx`:        `--target package.nginx`,
		`file["/etc/mot"]`:    `--target 'file["/etc/motd"]'`,
		`file.page["es"]`:     `--target 'file.page["eu"]' or --target 'file.page["us"]'`,
		`module.wbe`:          `--target module.web`,
		`module.web.file.con`: `--target module.web.file.conf`,

		// Otherwise: those of the kind.
		`service.apache`: `--target service.nginx`,
	} {
		if got := strings.Join(s.proposeAddresses("--target", given), "\n"); got != "did you mean "+want+"?" {
			t.Errorf("%s\n got %s\nwant did you mean %s?", given, got, want)
		}
	}
	if got := s.proposeAddresses("--exclude", "zzz"); got[0] != "converge graph lists the addresses" {
		t.Errorf("of nothing like it: %s", got)
	}
}
