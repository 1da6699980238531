package pack

import (
	"cmp"
	"strings"

	"github.com/goreleaser/nfpm/v2"
)

// hook is a point at which a package manager runs a script.
type hook int

const (
	preInstall hook = iota
	postInstall
	preRemove
	postRemove
)

// addScripts adds the scripts of a format.
func (p Package) addScripts(info *nfpm.Info, format string, stage *stage) error {
	for h, to := range map[hook]*string{
		preInstall: &info.Scripts.PreInstall, postInstall: &info.Scripts.PostInstall,
		preRemove: &info.Scripts.PreRemove, postRemove: &info.Scripts.PostRemove,
	} {
		text := p.script(h, format)
		if text == "" {
			continue
		}
		name, err := stage.add([]byte(text))
		if err != nil {
			return err
		}
		*to = name
	}
	if format != Arch && format != APK {
		return nil
	}
	// These two have separate scripts for an upgrade.
	for h, to := range map[hook][]*string{
		preInstall:  {&info.ArchLinux.Scripts.PreUpgrade, &info.APK.Scripts.PreUpgrade},
		postInstall: {&info.ArchLinux.Scripts.PostUpgrade, &info.APK.Scripts.PostUpgrade},
	} {
		text := p.script(h, format)
		if text == "" {
			continue
		}
		name, err := stage.add([]byte(strings.Replace(text, "action=install", "action=upgrade", 1)))
		if err != nil {
			return err
		}
		*to[0], *to[1] = name, name
	}
	return nil
}

// script returns the whole script of a hook, "" if there is nothing to do.
func (p Package) script(h hook, format string) string {
	var steps []string
	switch {
	case h == preInstall:
		steps = append(steps, p.makeUsers(format))
	case h == postInstall && format == Arch:
		steps = append(steps, archFiles(p.Files).giveOwners())
	}
	if body := p.body(h, format); body != "" {
		// It runs in a subshell, whose exit does not end the script.
		steps = append(steps, "(\n"+strings.TrimRight(body, "\n")+"\n)\n")
	}
	units := p.handleUnits(h)
	var text string
	switch {
	case format == Deb && h == preRemove:
		text = p.handleDebUnits(h) + decideAction(h, format, strings.Join(steps, ""))
	case format == Deb:
		text = decideAction(h, format, strings.Join(steps, "")) + p.handleDebUnits(h)
	case h == preRemove:
		text = decideAction(h, format, units+strings.Join(steps, ""))
	default:
		text = decideAction(h, format, strings.Join(steps, "")+units)
	}
	switch {
	case text == "":
		return ""
	case format == Arch: // where scripts are functions
		return "set -e\n" + text
	}
	return "#!/bin/sh\nset -e\n" + text
}

// body returns the packager's own script.
func (p Package) body(h hook, format string) string {
	own := p.Overrides[format]
	switch h {
	case preInstall:
		return cmp.Or(own.PreInstall, p.Scripts.PreInstall)
	case postInstall:
		return cmp.Or(own.PostInstall, p.Scripts.PostInstall)
	case preRemove:
		return cmp.Or(own.PreRemove, p.Scripts.PreRemove)
	}
	return cmp.Or(own.PostRemove, p.Scripts.PostRemove)
}

// decideAction wraps steps so that they run only when they should, with $action set; it returns nothing for no steps.
//
// dpkg passes its action in $1, and the previously configured version in $2 (Debian policy 6.5). rpm passes in $1 how
// many versions will be installed; its %preun and %postun also run for an upgrade, those of the old package, after the
// new one's %post. pacman and apk have separate scripts.
func decideAction(h hook, format, steps string) string {
	if steps == "" {
		return ""
	}
	type key struct {
		format string
		hook   hook
	}
	switch (key{format, h}) {
	case key{Deb, preInstall}:
		return "case $1 in\ninstall|upgrade)\naction=$1\n" + steps + ";;\nesac\n"
	case key{Deb, postInstall}:
		return "if [ \"$1\" = configure ]; then\naction=install\n[ -z \"$2\" ] || action=upgrade\n" + steps + "fi\n"
	case key{Deb, preRemove}:
		return "if [ \"$1\" = remove ]; then\naction=remove\n" + steps + "fi\n"
	case key{Deb, postRemove}:
		return "case $1 in\nremove|purge)\naction=$1\n" + steps + ";;\nesac\n"
	case key{RPM, preInstall}, key{RPM, postInstall}:
		return "action=install\n[ \"$1\" -le 1 ] || action=upgrade\n" + steps
	case key{RPM, preRemove}, key{RPM, postRemove}:
		return "if [ \"$1\" -eq 0 ]; then\naction=remove\n" + steps + "fi\n"
	case key{Arch, preInstall}, key{Arch, postInstall}, key{APK, preInstall}, key{APK, postInstall}:
		return "action=install\n" + steps
	}
	return "action=remove\n" + steps
}
