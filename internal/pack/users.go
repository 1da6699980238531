package pack

import (
	"cmp"
	"fmt"
	"strings"
)

// makeUsers returns the steps that make missing users. dpkg, rpm and apk look up names when they unpack, so an account
// from a sysusers.d file would come too late.
func (p Package) makeUsers(format string) string {
	var b strings.Builder
	for _, u := range p.Users {
		group := cmp.Or(u.Group, u.Name)
		home, shell := cmp.Or(u.Home, "/nonexistent"), cmp.Or(u.Shell, noLogin(format))
		if format == APK {
			makeBusyboxUser(&b, u, group, home, shell)
			continue
		}
		system := ""
		if u.System {
			system = " --system"
		}
		fmt.Fprintf(&b, "getent group %s >/dev/null || groupadd%s %s\n", group, system, group)
		fmt.Fprintf(&b, "getent passwd %s >/dev/null || useradd%s --gid %s --home-dir '%s' --no-create-home --shell '%s' --comment '%s' %s\n",
			u.Name, system, group, home, shell, u.Comment, u.Name)
		for _, g := range u.Groups {
			fmt.Fprintf(&b, "usermod --append --groups %s %s\n", g, u.Name)
		}
	}
	return b.String()
}

// makeBusyboxUser does the same for Alpine, whose base system has no useradd.
func makeBusyboxUser(b *strings.Builder, u User, group, home, shell string) {
	system := ""
	if u.System {
		system = " -S"
	}
	fmt.Fprintf(b, "getent group %s >/dev/null || addgroup%s %s\n", group, system, group)
	fmt.Fprintf(b, "getent passwd %s >/dev/null || adduser%s -D -H -h '%s' -s '%s' -G %s -g '%s' %s\n", u.Name, system, home, shell, group, u.Comment, u.Name)
	for _, g := range u.Groups {
		fmt.Fprintf(b, "addgroup %s %s\n", u.Name, g)
	}
}

func noLogin(format string) string {
	if format == APK {
		return "/sbin/nologin"
	}
	return "/usr/sbin/nologin"
}
