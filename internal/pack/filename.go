package pack

import "fmt"

// FileName returns the name of a package's file in a format. Only Arch Linux includes the epoch.
func (p Package) FileName(format string) (string, error) {
	p = p.withDefaults()
	if err := p.check(format); err != nil {
		return "", err
	}
	version, err := versionOf(p.Version, format)
	if err != nil {
		return "", err
	}
	arch := archOf(p.Arch, format)
	switch format {
	case Deb:
		return fmt.Sprintf("%s_%s-%s_%s.deb", p.Name, version, p.Release, arch), nil
	case RPM:
		return fmt.Sprintf("%s-%s-%s.%s.rpm", p.Name, version, p.Release, arch), nil
	case APK:
		// A repository omits the architecture, because the folder there is named after it.
		return fmt.Sprintf("%s-%s-r%s.%s.apk", p.Name, version, p.Release, arch), nil
	}
	if p.Epoch != "" {
		version = p.Epoch + ":" + version
	}
	return fmt.Sprintf("%s-%s-%s-%s.pkg.tar.zst", p.Name, version, p.Release, arch), nil
}

// archOf returns a family's name for an architecture; nfpm has the same table.
func archOf(arch, format string) string {
	if format == Deb {
		if deb, ok := map[string]string{"386": "i386", "arm": "armhf", "arm7": "armhf", "arm6": "armhf", "arm5": "armel", "ppc64le": "ppc64el"}[arch]; ok {
			return deb
		}
		return arch
	}
	switch arch {
	case "all":
		return map[string]string{RPM: "noarch", APK: "noarch", Arch: "any"}[format]
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return map[string]string{RPM: "i386", APK: "x86", Arch: "i686"}[format]
	}
	return arch
}
