package main

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
)

// folderPairs returns pairs of which one is about a folder with its content.
func folderPairs() map[string]pair {
	archive := func(path, attrs string) string {
		return "archive \"" + path + "\" {\nsource = \"app.tar\"\n" + attrs + "\nPROTECT\n}"
	}
	app := archive("/srv/app", "")
	const srv = "/srv/.keep"
	return map[string]pair{
		"an archive, one around it":           {theirs: app, ours: archive("/srv", "force = true"), free: isWarned},
		"an archive, one around it, for good": {theirs: app, ours: archive("/srv", "force = true\nkeep = 1"), free: isWarned},
		"an archive, one in it":               {theirs: app, ours: archive("/srv/app/sub", "force = true"), free: isWarned},
		"an archive, another one":             {theirs: app, ours: archive("/srv/app", "strip = 1\nforce = true"), free: isWarned},
		"an archive, the same":                {theirs: app, ours: app, free: isFine},
		"an archive, one beside it":           {theirs: app, ours: archive("/srv/apps", ""), free: isFine},
		"an archive, absent":                  {theirs: app, ours: "archive \"/srv/app\" {\nensure = \"absent\"\n}", free: isWarned},
		"an archive, a purge":                 {theirs: app, ours: `directory "/srv/app" { purge = true }`, free: isWarned},
		"an archive, a purge in it":           {theirs: app, ours: `directory "/srv/app/sub" { purge = true }`, free: isWarned},
		"an archive, a purge around it":       {theirs: app, ours: `directory "/srv" { purge = true }`, free: isFine},
		"an archive, a purge of another":      {theirs: archive("/srv/app", "exclude = [\"sub\"]"), ours: `directory "/srv/app/log" { purge = true }`, free: isFine},
		"an archive, a tree that purges":      {theirs: app, ours: "tree \"/srv/app\" {\nsource = \"tree\"\npurge = true\n}", free: isWarned},
		"a file, an archive around it":        {theirs: "file \"/srv/x\" {\ncontent = \"a\"\nPROTECT\n}", ours: archive("/srv", "force = true"), free: isFine},
		"a mode, an archive around it":        {theirs: "file \"/srv/.keep\" {\nmode = \"0600\"\nPROTECT\n}", ours: archive("/srv", "force = true"), free: isFine},
		"a directory, an archive around it":   {theirs: "directory \"/srv/d\" { PROTECT }", ours: archive("/srv", "force = true"), free: isFine},
		"a tree, an archive around it":        {theirs: "tree \"/srv/d\" {\nsource = \"tree\"\nPROTECT\n}", ours: archive("/srv", "force = true"), free: isFine},
		"a link, an archive around it":        {theirs: "link \"/srv/l\" {\ntarget = \"/etc\"\nPROTECT\n}", ours: archive("/srv", "force = true"), free: isFine},
		"a line, an archive around it":        {theirs: "line \"l\" {\npath = \"/srv/.keep\"\nline = \"a\"\nPROTECT\n}", ours: archive("/srv", "force = true"), free: isFine},
		"a package, an archive around it": {
			theirs: "package \"app\" {\nprovider = \"stow2\"\nPROTECT\n}", ours: archive("/usr/local/bin", "force = true"),
			given: map[string]string{"/usr/local/stow/app/1.0/bin/tool": "x", "/usr/local/bin/.keep": ""}, free: "that converge did not unpack",
		},
		"a mode, another":        {theirs: "file \"/srv/.keep\" {\nmode = \"0600\"\nPROTECT\n}", ours: `file "/srv/.keep" { mode = "0644" }`, free: isWarned},
		"a mode, the same":       {theirs: "file \"/srv/.keep\" {\nmode = \"0600\"\nPROTECT\n}", ours: `file "/srv/.keep" { mode = "600" }`, free: isFine},
		"a found mode, another":  {theirs: "directory \"/srv\" {\nmode = \"0755\"\nPROTECT\n}", ours: `directory "/srv" { mode = "0700" }`, free: isWarned},
		"a mode, in words":       {theirs: "file \"/srv/.keep\" {\nmode = \"0600\"\nPROTECT\n}", ours: `file "/srv/.keep" { mode = "o=" }`, free: isFine},
		"a mode, more in words":  {theirs: "file \"/srv/.keep\" {\nmode = \"0600\"\nPROTECT\n}", ours: `file "/srv/.keep" { mode = "o+r" }`, free: isWarned},
		"a file, absent":         {theirs: "file \"/srv/x\" {\ncontent = \"a\"\nPROTECT\n}", ours: `file "/srv/x" { ensure = "absent" }`, free: isWarned},
		"a directory, absent":    {theirs: "directory \"/srv/x\" { PROTECT }", ours: `directory "/srv/x" { ensure = "absent" }`, free: isWarned},
		"a link, absent":         {theirs: "link \"/srv/l\" {\ntarget = \"/etc\"\nPROTECT\n}", ours: `link "/srv/l" { ensure = "absent" }`, free: isWarned},
		"a setting, absent":      {theirs: "setting \"a\" {\npath = \"/srv/a.conf\"\nformat = \"keyvalue\"\nvalue = 1\nPROTECT\n}", ours: "setting \"a\" {\npath = \"/srv/a.conf\"\nformat = \"keyvalue\"\nensure = \"absent\"\n}", given: map[string]string{"/srv/a.conf": ""}, free: isWarned},
		"a found line, absent":   {theirs: "line \"a\" {\npath = \"/srv/a.conf\"\nline = \"a\"\nPROTECT\n}", ours: "line \"b\" {\npath = \"/srv/a.conf\"\nline = \"a\"\nensure = \"absent\"\n}", given: map[string]string{"/srv/a.conf": "a\n"}, free: isWarned},
		"a key, absent":          {theirs: "authorized_key \"k\" {\npath = \"/srv/keys\"\nkey = \"" + keyOne + "\"\nPROTECT\n}", ours: "authorized_key \"k\" {\npath = \"/srv/keys\"\nkey = \"" + keyOne + "\"\nensure = \"absent\"\n}", given: map[string]string{"/srv/keys": ""}, free: isWarned},
		"a found value, another": {theirs: "setting \"a\" {\npath = \"/srv/a.conf\"\nformat = \"keyvalue\"\nvalue = 1\nPROTECT\n}", ours: "setting \"a\" {\npath = \"/srv/a.conf\"\nformat = \"keyvalue\"\nvalue = 2\n}", given: map[string]string{"/srv/a.conf": "a=1\n"}, free: isWarned},
	}
}

// bootPairs returns pairs of which one is about a kernel parameter.
func bootPairs() map[string]pair {
	const param = "sysctl \"vm.swappiness\" {\nvalue = 1\nPROTECT\n}"
	whole := func(file, content string) string { return "file \"" + file + "\" { content = \"" + content + "\" }" }
	at := func(file, line string) string {
		return "line \"l\" {\npath = \"" + file + "\"\nline = \"" + line + "\"\n}"
	}
	const later, same, earlier = "/etc/sysctl.d/90-a.conf", "/etc/sysctl.d/60-converge.conf", "/etc/sysctl.d/10-a.conf"
	const bootLine = "line \"l\" {\npath = \"/etc/fstab\"\nmatch = \" /boot \"\nline = \"UUID=2 /boot ext4 ro,nodev 0 2\"\nPROTECT\n}"
	const bootMount = "mount \"/boot\" {\ndevice = \"UUID=2\"\ntype = \"ext4\"\noptions = [\"ro\", \"nodev\"]\nPROTECT\n}"
	pairs := map[string]pair{
		"a parameter, a later file":                  {theirs: param, ours: whole(later, `# a\nvm/swappiness = 2\n`), free: isWarned},
		"a parameter, a later template":              {theirs: param, ours: "template \"" + later + "\" { inline = \"-vm.swappiness=2\\n\" }", free: isWarned},
		"a parameter, its value in a later file":     {theirs: param, ours: whole(later, `vm.swappiness = 1\n`), free: isFine},
		"a parameter, a pattern in a later file":     {theirs: param, ours: whole(later, `vm.* = 2\n`), free: isFine},
		"a parameter, an earlier file":               {theirs: param, ours: whole(earlier, `vm.swappiness = 2\n`), free: isFine},
		"a parameter, a file of its name":            {theirs: param, ours: whole("/usr/lib/sysctl.d/60-converge.conf", `vm.swappiness = 2\n`), free: isFine},
		"a parameter, the same file":                 {theirs: param, ours: whole(same, `vm.swappiness = 2\n`), free: isRefused},
		"a parameter, a line of a later file":        {theirs: param, ours: at(later, "vm.swappiness=2"), free: isWarned},
		"a parameter, a line of the same file":       {theirs: param, ours: at(same, "vm.swappiness=2"), free: isWarned},
		"a parameter, another line of the same file": {theirs: param, ours: at(same, "vm.other=2"), free: isFine},
		"a parameter, a block of a later file":       {theirs: param, ours: "block \"b\" {\npath = \"" + later + "\"\ncontent = \"vm.swappiness = 2\\n\"\n}", free: isWarned},
		"a parameter, a setting of a later file":     {theirs: param, ours: "setting \"vm.swappiness\" {\npath = \"" + later + "\"\nvalue = 2\n}", free: isWarned},
		"a parameter, another value":                 {theirs: param, ours: "sysctl \"vm.swappiness\" { value = 2 }", free: isWarned},
		"a parameter, another value in a later file": {theirs: param, ours: "sysctl \"vm.swappiness\" {\nvalue = 2\nfile = \"90-a.conf\"\n}", free: isWarned},
		"a parameter, absent":                        {theirs: param, ours: "sysctl \"vm.swappiness\" { ensure = \"absent\" }", free: isWarned},
		"a line of mounts, the mount":                {theirs: bootLine, ours: bootMount, given: map[string]string{"/etc/fstab": "# a\n", "/boot/.keep": ""}, free: isFine},
		"a mount, its line":                          {theirs: bootMount, ours: bootLine, given: map[string]string{"/etc/fstab": "UUID=2 /boot ext4 ro,nodev 0 2\n", "/boot/.keep": ""}, free: isFine},
		"a mount, its line with other last fields":   {theirs: bootMount, ours: bootLine, given: map[string]string{"/etc/fstab": "# a\n", "/boot/.keep": ""}, free: isFine},
		"a mount, its line as a whole":               {theirs: bootMount, ours: at("/etc/fstab", "UUID=2 /boot ext4 ro,nodev 0 2"), given: map[string]string{"/etc/fstab": "UUID=2 /boot ext4 ro,nodev 0 2\n", "/boot/.keep": ""}, free: isFine},
		"a mount, a second line":                     {theirs: bootMount, ours: at("/etc/fstab", "UUID=2 /boot ext4 ro,nodev 0 2"), given: map[string]string{"/etc/fstab": "# a\n", "/boot/.keep": ""}, free: isWarned},
		"a mount, another line":                      {theirs: bootMount, ours: strings.Replace(bootLine, "ro,nodev", "rw", 2), given: map[string]string{"/etc/fstab": "UUID=2 /boot ext4 ro,nodev 0 2\n", "/boot/.keep": ""}, free: isWarned},
		"a mount, its line absent":                   {theirs: bootMount, ours: removeLine("/etc/fstab", " /boot "), given: map[string]string{"/etc/fstab": "# a\n", "/boot/.keep": ""}, free: isWarned},
		"a mount with its pass, another line":        {theirs: strings.Replace(bootMount, "PROTECT", "pass = 1\nPROTECT", 1), ours: bootLine, given: map[string]string{"/etc/fstab": "# a\n", "/boot/.keep": ""}, free: isWarned},
		"a mount, one with other options":            {theirs: bootMount, ours: strings.Replace(strings.Replace(bootMount, "PROTECT", "", 1), "nodev", "nosuid", 1), given: map[string]string{"/etc/fstab": "# a\n", "/boot/.keep": ""}, free: isWarned},
		"a mount with its pass, one of another":      {theirs: strings.Replace(bootMount, "PROTECT", "pass = 2\nPROTECT", 1), ours: strings.Replace(bootMount, "PROTECT", "pass = 1", 1), given: map[string]string{"/etc/fstab": "# a\n", "/boot/.keep": ""}, free: isWarned},
		"a mount, one of another pass":               {theirs: bootMount, ours: strings.Replace(bootMount, "PROTECT", "pass = 1", 1), given: map[string]string{"/etc/fstab": "# a\n", "/boot/.keep": ""}, free: isFine},
		"a found parameter, a later file":            {theirs: param, ours: whole(later, `vm.swappiness = 2\n`), given: map[string]string{same: "vm.swappiness = 1\n"}, free: isWarned},
		"a found parameter, another value":           {theirs: param, ours: "sysctl \"vm.swappiness\" { value = 2 }", given: map[string]string{same: "vm.swappiness = 1\n"}, free: isWarned},
	}
	for name, p := range pairs {
		given := map[string]string{"/etc/sysctl.d/.keep": "", "/usr/lib/sysctl.d/.keep": "", earlier: "", later: ""}
		if !strings.Contains(p.ours, "path = ") {
			delete(given, later)
		}
		maps.Copy(given, p.given)
		p.given = given
		pairs[name] = p
	}
	return pairs
}

// firstKeyPairs returns pairs of which one puts another line with the same key before it.
func firstKeyPairs() map[string]pair {
	const keys = "/srv/keys"
	theirs := "authorized_key \"k\" {\npath = \"" + keys + "\"\nkey = \"" + keyOne + "\"\noptions = [\"restrict\"]\nPROTECT\n}"
	at := func(kind, attrs string) string { return kind + " \"l\" {\npath = \"" + keys + "\"\n" + attrs + "\n}" }
	given := map[string]string{keys: "# a\n"}
	return map[string]pair{
		"a key, a line of it before":       {theirs: theirs, ours: at("line", "before = \"^# a\"\nline = \""+keyOne+" root\""), given: given, free: isWarned},
		"a key, a block of it before":      {theirs: theirs, ours: at("block", "before = \"^# a\"\ncontent = \""+keyOne+"\\n\""), given: given, free: isWarned},
		"a key, a line that becomes it":    {theirs: theirs, ours: at("line", "match = \"# a$\"\nline = \""+keyOne+" # a\""), given: given, free: isWarned},
		"a key, a line of it behind":       {theirs: theirs, ours: at("line", "line = \""+keyOne+" root\""), given: given, free: isFine},
		"a key, a line of another before":  {theirs: theirs, ours: at("line", "before = \"^# a\"\nline = \""+keyTwo+" root\""), given: given, free: isFine},
		"a key, one with other options":    {theirs: theirs, ours: at("authorized_key", "key = \""+keyOne+"\"\noptions = [\"no-pty\"]"), given: given, free: isFine},
		"a key, the same in another place": {theirs: theirs, ours: at("line", "before = \"^# a\"\nline = \"restrict "+keyOne+"\""), given: given, free: isFine},
	}
}

// linkPairs returns pairs of which one redirects a link.
func linkPairs() map[string]pair {
	const isTurned = "declare the link in one site alone"
	const cur = "link \"/srv/cur\" {\ntarget = \"d\"\n}\n"
	line, file := "line \"l\" {\npath = \"/srv/cur/x\"\nline = \"k=1\"\nPROTECT\n}", "file \"/srv/cur/y\" {\ncontent = \"a\"\nPROTECT\n}"
	to := func(target string) string { return "link \"/srv/cur\" { target = \"" + target + "\" }" }
	const chain = "link \"/srv/first\" { target = \"/srv/cur\" }\n"
	user := "user \"web\" {\nhome = \"/srv/cur/web\"\nPROTECT\n}"
	pairs := map[string]pair{
		"a link to a part, elsewhere":       {theirs: cur + line, ours: to("e"), free: isTurned},
		"a link to a file, elsewhere":       {theirs: cur + file, ours: to("e"), free: isWarned},
		"a link to a folder, elsewhere":     {theirs: cur + "directory \"/srv/cur/sub\" { PROTECT }", ours: to("e"), free: isWarned},
		"a link to a file, to one not made": {theirs: cur + file, ours: to("f"), free: isWarned},
		"a link to a home, elsewhere":       {theirs: cur + user, ours: to("e"), free: isWarned},
		"a link to a file, in other words":  {theirs: cur + file, ours: "link \"/srv/last\" { target = \"../srv/d\" }", given: map[string]string{"/srv/e/last/.keep": ""}, free: isFine},
		"a link to a link, elsewhere":       {theirs: cur + chain + strings.Replace(file, "/cur/", "/first/", 1), ours: to("e"), free: isWarned},
		"a link to a part, a template":      {theirs: cur + line, ours: "template \"/srv/cur\" {\ninline = \"x\"\nforce = true\n}", free: isTurned},
		"a link to a file, absent":          {theirs: cur + file, ours: `link "/srv/cur" { ensure = "absent" }`, free: isWarned},
		"a link to a file, by its own path": {theirs: cur + "file \"/srv/d/y\" {\ncontent = \"a\"\nPROTECT\n}", ours: "link \"/srv/other\" { target = \"e\" }", free: isFine},
		"a link to a part, a file":          {theirs: cur + line, ours: "file \"/srv/cur\" {\ncontent = \"x\"\nforce = true\n}", free: isTurned},
	}
	for name, p := range pairs {
		given := map[string]string{"/srv/d/x": "k=0\n", "/srv/e/x": "k=0\n", "/etc/passwd": accounts + "web:x:40:40::/srv/cur/web:/bin/sh\n", "/etc/group": "web:x:40:\n", "/srv/d/web/.keep": ""}
		maps.Copy(given, p.given)
		p.given = given
		pairs[name] = p
	}
	return pairs
}

// modulePairs returns pairs of which one is about a kernel module, or about sysctl.conf.
func modulePairs() map[string]pair {
	const isFailing = "a run of that site fails then"
	const param, conf, boot = "sysctl \"vm.swappiness\" {\nvalue = 1\nPROTECT\n}", "/etc/sysctl.conf", "/usr/lib/systemd/systemd"
	module := func(attrs string) string { return "kernel_module \"usb-storage\" {\n" + attrs + "\nPROTECT\n}" }
	at := func(file, line string) string {
		return "line \"l\" {\npath = \"" + file + "\"\nline = \"" + line + "\"\n}"
	}
	deny := func(content string) string {
		return "file \"/etc/modprobe.d/a.conf\" { content = \"" + content + "\\n\" }"
	}
	loaded, disabled := module(""), module("disabled = true")
	linked := param + "\nlink \"/etc/sysctl.d/99-sysctl.conf\" { target = \"../sysctl.conf\" }"
	pairs := map[string]pair{
		"a module, disabled":                        {theirs: loaded, ours: deny("install usb_storage /bin/false"), free: isFailing},
		"a module, disabled by a pattern":           {theirs: loaded, ours: deny("install usb* /bin/true"), free: isFailing},
		"a module, blacklisted":                     {theirs: loaded, ours: deny("blacklist usb-storage"), free: isFailing},
		"a module, a line that blacklists":          {theirs: loaded, ours: at("/etc/modprobe.d/a.conf", "blacklist usb-storage"), free: isFailing},
		"a module, another blacklisted":             {theirs: loaded, ours: deny("blacklist usb"), free: isFine},
		"a module, a comment":                       {theirs: loaded, ours: deny("# blacklist usb-storage"), free: isFine},
		"a module, a command that loads it":         {theirs: loaded, ours: deny("install usb-storage /sbin/modprobe --ignore-install usb-storage"), free: isFine},
		"a disabled module, disabled":               {theirs: disabled, ours: deny("install usb-storage /bin/false"), free: isFine},
		"a disabled module, another command":        {theirs: disabled, ours: deny("install usb-storage /sbin/modprobe --ignore-install usb-storage"), free: isFailing},
		"a module that is not loaded, loaded":       {theirs: module("at_boot = false"), ours: at("/etc/modules-load.d/a.conf", "usb-storage"), free: isFailing},
		"a found module, not loaded":                {theirs: loaded, ours: removeLine("/etc/modules-load.d/a.conf", "usb"), given: map[string]string{"/etc/modules-load.d/a.conf": "usb-storage\n"}, free: "takes the line away that loads the module usb_storage"},
		"an option, a later file":                   {theirs: module("options = { quirks = \"a\" }"), ours: "file \"/etc/modprobe.d/zzz.conf\" { content = \"options usb-storage quirks=b\\n\" }", free: isFailing},
		"an option, an earlier file":                {theirs: module("options = { quirks = \"a\" }"), ours: deny("options usb-storage quirks=b"), free: isFine},
		"an option, another one":                    {theirs: module("options = { quirks = \"a\" }"), ours: "file \"/etc/modprobe.d/zzz.conf\" { content = \"options usb-storage delay_use=1\\n\" }", free: isFine},
		"a parameter, sysctl.conf":                  {theirs: param, ours: at(conf, "vm.swappiness = 2"), given: map[string]string{"/etc/inittab": ""}, free: isWarned},
		"a parameter, a setting of sysctl.conf":     {theirs: param, ours: "setting \"vm.swappiness\" {\npath = \"" + conf + "\"\nvalue = 2\n}", given: map[string]string{"/etc/inittab": ""}, free: isWarned},
		"a parameter, the whole sysctl.conf":        {theirs: param, ours: "file \"" + conf + "\" { content = \"vm.swappiness = 2\\n\" }", given: map[string]string{"/etc/inittab": ""}, free: isWarned},
		"a parameter, sysctl.conf for another":      {theirs: param, ours: at(conf, "vm.other = 2"), given: map[string]string{"/etc/inittab": ""}, free: isFine},
		"a parameter, sysctl.conf with its value":   {theirs: param, ours: at(conf, "vm.swappiness = 1"), given: map[string]string{"/etc/inittab": ""}, free: isFine},
		"a parameter, sysctl.conf, nothing reads":   {theirs: param, ours: at(conf, "vm.swappiness = 2"), given: map[string]string{boot: ""}, free: isFine},
		"a parameter, sysctl.conf by a link":        {theirs: linked, ours: at(conf, "vm.swappiness = 2"), given: map[string]string{boot: ""}, free: isWarned},
		"a parameter, an empty sysctl.conf, a link": {theirs: linked, ours: at(conf, "vm.swappiness = 2"), given: map[string]string{boot: "", conf: ""}, free: isWarned},
	}
	for name, p := range pairs {
		given := map[string]string{"/etc/sysctl.d/.keep": "", "/etc/modprobe.d/.keep": "", "/etc/modules-load.d/.keep": "", conf: "# a\n"}
		if strings.Contains(p.ours, "/etc/modprobe.d/a.conf") && strings.HasPrefix(p.ours, "line") {
			given["/etc/modprobe.d/a.conf"] = ""
		}
		if strings.Contains(p.ours, "/etc/modules-load.d/a.conf") {
			given["/etc/modules-load.d/a.conf"] = ""
		}
		maps.Copy(given, p.given)
		p.given = given
		pairs[name] = p
	}
	return pairs
}

// unitPairs returns pairs of which one is about a unit.
func unitPairs() map[string]pair {
	timer := "timer \"t\" {\ncalendar = \"daily\"\ncommand = [\"/bin/true\"]\nPROTECT\n}"
	service := func(name, attrs string) string { return "service \"" + name + "\" {\n" + attrs + "\nPROTECT\n}" }
	const units, isLater = "/etc/systemd/system/", "only the later one counts"
	const unit = "unit \"u.service\" {\nsections = { Service = { ExecStart = \"/bin/true\", User = \"nobody\", Environment = \"A=1\" } }\nverify = false\nPROTECT\n}"
	dropIn := func(of, text string) string {
		return "file \"" + units + of + ".d/a.conf\" {\ncontent = \"" + text + "\"\nPROTECT\n}"
	}
	inRun := func(text string) string { return strings.Replace(dropIn("own.service", text), "/etc/", "/run/", 1) }
	run := map[string]string{"/run/systemd/system/.keep": "", "/run/systemd/system/own.service.d/.keep": ""}
	pairs := map[string]pair{
		"a timer, disabled":                 {theirs: timer, ours: service("t.timer", "enabled = false"), free: isWarned},
		"a timer, its link absent":          {theirs: timer, ours: `link "` + units + `timers.target.wants/t.timer" { ensure = "absent" }`, free: isWarned},
		"a timer, enabled":                  {theirs: timer, ours: service("t.timer", "enabled = true"), free: isFine},
		"a timer, its service":              {theirs: timer, ours: service("t.service", "enabled = false"), free: isFine},
		"a service, disabled":               {theirs: service("s", "enabled = true"), ours: service("s", "enabled = false"), free: isWarned},
		"a found service, disabled":         {theirs: service("s", "enabled = true"), ours: service("s.service", "enabled = false"), given: map[string]string{units + "multi-user.target.wants/.keep": ""}, free: isWarned},
		"a service, masked":                 {theirs: service("own", "enabled = true"), ours: service("own", "masked = true"), free: isWarned},
		"a service, a link that masks":      {theirs: service("own", "enabled = true"), ours: "link \"" + units + "own.service\" { target = \"/dev/null\" }", free: isWarned},
		"a service, its link absent":        {theirs: service("s", "enabled = true"), ours: `link "` + units + `multi-user.target.wants/s.service" { ensure = "absent" }`, free: isWarned},
		"a service, enabled":                {theirs: service("s", "enabled = true"), ours: service("s", "enabled = true"), free: isFine},
		"a disabled service, enabled":       {theirs: service("s", "enabled = false"), ours: service("s", "enabled = true"), free: isWarned},
		"a timer, a mask of control":        {theirs: timer, ours: `link "/etc/systemd/system.control/t.timer" { target = "/dev/null" }`, given: map[string]string{"/etc/systemd/system.control/.keep": ""}, free: isWarned},
		"a timer, a mask until a boot":      {theirs: timer, ours: `link "/run/systemd/system/t.timer" { target = "/dev/null" }`, given: run, free: isWarned},
		"a service in /etc, a mask in /run": {theirs: service("s", "enabled = true"), ours: `link "/run/systemd/system/s.service" { target = "/dev/null" }`, given: run, free: isFine},
		"a service, a mask until a boot":    {theirs: service("own", "enabled = true"), ours: `link "/run/systemd/system/own.service" { target = "/dev/null" }`, given: run, free: isWarned},
		"a service, a relative mask":        {theirs: service("own", "enabled = true"), ours: `link "` + units + `own.service" { target = "../../../dev/null" }`, free: isWarned},
		"a service, an empty file":          {theirs: service("own", "enabled = true"), ours: `file "` + units + `own.service" { content = "" }`, free: isWarned},
		"a service, an empty template":      {theirs: service("own", "enabled = true"), ours: `template "` + units + `own.service" { inline = "" }`, free: isWarned},
		"a service, a file of its own":      {theirs: service("own", "enabled = true"), ours: `file "` + units + `own.service" { content = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n" }`, free: isFine},
		"a timer, another calendar":         {theirs: timer, ours: dropIn("t.timer", "[Timer]\\nOnCalendar=\\nOnCalendar=hourly\\n"), free: isLater},
		"a timer, one calendar more":        {theirs: timer, ours: dropIn("t.timer", "[Timer]\\nOnBootSec=5min\\n"), free: isLater},
		"a timer, no calendar":              {theirs: timer, ours: dropIn("t.timer", "[Timer]\\nOnUnitActiveSec=\\nOnBootSec=5min\\n"), free: isLater},
		"a timer, the same calendar":        {theirs: timer, ours: dropIn("t.timer", "[Timer]\\nOnCalendar=\\nOnCalendar=daily\\nPersistent=true\\nAccuracySec=1s\\n"), free: isFine},
		"a timer, not persistent":           {theirs: timer, ours: dropIn("t.timer", "[Timer]\\nPersistent=no\\n"), free: isLater},
		"a timer, a unit with a calendar":   {theirs: timer, ours: "unit \"t.timer\" {\ndrop_in = \"a\"\nsections = { Timer = { OnCalendar = [\"\", \"hourly\"] } }\nverify = false\n}", free: isLater},
		"a timer, a setting of a drop-in":   {theirs: timer, ours: "setting \"OnCalendar\" {\npath = \"" + units + "t.timer.d/a.conf\"\nformat = \"ini\"\nsection = \"Timer\"\nvalue = \"hourly\"\n}", given: map[string]string{units + "t.timer.d/a.conf": ""}, free: isLater},
		"a timer, its command":              {theirs: timer, ours: dropIn("t.service", "[Service]\\nExecStart=\\nExecStart=/bin/false\\n"), free: isLater},
		"a timer, a limit of its service":   {theirs: timer, ours: dropIn("t.service", "[Service]\\nMemoryMax=1G\\n"), free: isFine},
		"a timer, one calendar for another": {theirs: timer, ours: dropIn("u.timer", "[Timer]\\nOnCalendar=hourly\\n"), free: isFine},
		"a unit, its user":                  {theirs: unit, ours: dropIn("u.service", "[Service]\\nUser=root\\n"), free: isLater},
		"a unit, more of its environment":   {theirs: unit, ours: dropIn("u.service", "[Service]\\nEnvironment=B=1\\n"), free: isFine},
		"a unit, none of its environment":   {theirs: unit, ours: dropIn("u.service", "[Service]\\nEnvironment=\\n"), free: isLater},
		"a drop-in, a later one":            {theirs: dropIn("own.service", "[Service]\\nUser=nobody\\n"), ours: strings.Replace(dropIn("own.service", "[Service]\\nUser=root\\n"), "a.conf", "b.conf", 1), free: isLater},
		"a drop-in, an earlier one":         {theirs: strings.Replace(dropIn("own.service", "[Service]\\nUser=nobody\\n"), "a.conf", "b.conf", 1), ours: dropIn("own.service", "[Service]\\nUser=root\\n"), free: isFine},
		"a timer, all timers":               {theirs: timer, ours: dropIn("timer", "[Timer]\\nOnCalendar=\\nOnCalendar=hourly\\n"), free: isLater},
		"a timer, all services":             {theirs: timer, ours: dropIn("service", "[Service]\\nExecStart=\\nExecStart=/bin/false\\n"), free: isLater},
		"a timer, all services, a limit":    {theirs: timer, ours: dropIn("service", "[Service]\\nMemoryMax=1G\\n"), free: isFine},
		"a unit, the beginning of its name": {theirs: strings.Replace(unit, "u.service", "u-v-w.service", 1), ours: dropIn("u-.service", "[Service]\\nUser=root\\n"), free: isLater},
		"a unit, another beginning":         {theirs: strings.Replace(unit, "u.service", "u-v-w.service", 1), ours: dropIn("v-.service", "[Service]\\nUser=root\\n"), free: isFine},
		"a drop-in, one in its place":       {theirs: inRun("[Service]\\nUser=nobody\\n"), ours: dropIn("own.service", "[Service]\\nMemoryMax=1G\\n"), given: run, free: isLater},
		"a drop-in, one that says the same": {theirs: inRun("[Service]\\nUser=nobody\\n"), ours: dropIn("own.service", "[Service]\\nUser=nobody\\n"), given: run, free: isFine},
		"a drop-in, one that it hides":      {theirs: dropIn("own.service", "[Service]\\nUser=nobody\\n"), ours: inRun("[Service]\\nUser=root\\n"), given: run, free: isFine},
		"a service, another":                {theirs: service("s", "enabled = true"), ours: service("own", "enabled = false"), free: isFine},
	}
	for name, p := range pairs {
		unit := "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
		given := map[string]string{"/bin/true": "#!/bin/sh\n", "/usr/lib/systemd/systemd": "", "/etc/passwd": accounts, units + "s.service": unit, "/usr/lib/systemd/system/own.service": unit}
		for _, of := range []string{"t.timer", "t.service", "u.timer", "u.service", "own.service", "timer", "service", "u-.service", "v-.service"} {
			given[units+of+".d/.keep"] = ""
		}
		maps.Copy(given, p.given)
		p.given = given
		pairs[name] = p
	}
	return pairs
}

// TestProtectedPairs: another site's declarations of any kind against protected resources in a tree are refused, and
// without protect the other site gets a warning.
func TestProtectedPairs(t *testing.T) {
	t.Parallel()
	tar := tarOf("one", "two")
	pairs := folderPairs()
	maps.Copy(pairs, bootPairs())
	maps.Copy(pairs, unitPairs())
	maps.Copy(pairs, modulePairs())
	maps.Copy(pairs, linkPairs())
	maps.Copy(pairs, firstKeyPairs())
	for name, p := range pairs {
		for _, mark := range []string{"protect = true", ""} {
			t.Run(name+", "+mark, func(t *testing.T) {
				t.Parallel()
				p.checkTree(t, mark, tar)
			})
		}
	}
}

// TestProtectedFromRollback: a rollback of one site's run does not undo what another site has protected since, even if
// no change of the run is about that resource.
func TestProtectedFromRollback(t *testing.T) {
	t.Parallel()
	at := func(file, attrs string) string { return "line \"l\" {\npath = \"" + file + "\"\n" + attrs + "\n}" }
	const conf, later, sshd = "/etc/x.conf", "/etc/sysctl.d/90-a.conf", "/etc/ssh/sshd_config"
	const mode = "setting \"PermitRootLogin\" {\npath = \"" + sshd + "\"\nvalue = \"no\"\nPROTECT\n}"
	for name, c := range map[string]struct{ given, run, protected, stays string }{
		"a line that is found":         {"PermitRootLogin yes\n", at(sshd, `match = "^PermitRootLogin"`+"\nline = \"PermitRootLogin no\""), mode, ""},
		"a block that is found":        {"Port 22\n", "block \"b\" {\npath = \"" + sshd + "\"\ncontent = \"PermitRootLogin no\\n\"\n}", mode, ""},
		"a line that is gone":          {"PermitRootLogin yes\nPermitRootLogin no\n", removeLine(sshd, "^PermitRootLogin yes"), mode, ""},
		"a section that went":          {"Port 22\nMatch User git\n  X11Forwarding no\n", removeLine(sshd, "^Match"), mode, ""},
		"a section that went, a table": {"[a]\nx = 1\n[b]\ny = 1\n", removeLine(conf, "^.b.$"), "setting \"k\" {\npath = \"" + conf + "\"\nformat = \"ini\"\nsection = \"a\"\nvalue = 1\nPROTECT\n}", ""},
		"a line of mounts":             {"", at("/etc/fstab", `line = "tmpfs /srv tmpfs nodev 0 0"`), "mount \"/srv\" {\ndevice = \"tmpfs\"\ntype = \"tmpfs\"\noptions = [\"nodev\"]\nPROTECT\n}", ""},
		"a file with a parameter":      {"", "file \"/etc/sysctl.d/95-b.conf\" { content = \"vm.swappiness = 1\\n\" }", "sysctl \"vm.swappiness\" {\nvalue = 1\nPROTECT\n}", ""},
		"a line with a parameter":      {"", at(later, "match = \"^vm\"\nline = \"vm.swappiness = 1\""), "sysctl \"vm.swappiness\" {\nvalue = 1\nPROTECT\n}", ""},
		"a line, a setting":            {"k=0\n", "setting \"k\" {\npath = \"" + conf + "\"\nvalue = 1\nformat = \"keyvalue\"\n}", at(conf, `match = "^k="`+"\nline = \"k=1\"\nPROTECT"), ""},
		"another line, a setting":      {"k=0\nl=0\n", "setting \"k\" {\npath = \"" + conf + "\"\nvalue = 1\nformat = \"keyvalue\"\n}", at(conf, `match = "^l="`+"\nline = \"l=1\"\nPROTECT"), "k=0\nl=1\n"},
		"a line that went, a block":    {"a\nb\n", removeLine(conf, "^b$"), "block \"c\" {\npath = \"" + conf + "\"\ncontent = \"c\\n\"\nPROTECT\n}", "a\nb\n# BEGIN c\nc\n# END c\n"},
		"a parameter, a later file":    {"", "file \"" + later + "\" { content = \"\" }", "sysctl \"vm.swappiness\" {\nvalue = 1\nPROTECT\n}", ""},
		"the parameter, another file":  {"", "file \"" + later + "\" { content = \"\" }", "sysctl \"vm.other\" {\nvalue = 1\nPROTECT\n}", " "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newSecretHost(t, secretCase{given: map[string]string{conf[1:]: c.given, sshd[1:]: c.given, later[1:]: "vm.swappiness = 2\n", "etc/fstab": "", "srv/.keep": ""}})
			h.apply(c.run)
			h.write("other.hcl", "settings { name = \"other\" }\n"+strings.ReplaceAll(c.protected, "PROTECT", "protect = true")+"\n")
			first := h.lastRun()
			h.must("apply", filepath.Join(h.dir, "other.hcl"))
			before := h.tree()
			out, err := h.run("rollback", first)
			if c.stays != "" {
				if text := h.tree()[h.dir+"/root"+conf]; err != nil || !strings.HasSuffix(text, strings.TrimSpace(c.stays)+"\n") && c.stays != " " {
					t.Errorf("%q: %v: %s", text, err, out)
				}
				return
			}
			if err == nil || !strings.Contains(out, "protected by ") {
				t.Errorf("%v: %s", err, out)
			}
			h.want(before, out)
			if out, err := h.run("rollback", "--force", first); err == nil || !strings.Contains(out, "protected by ") {
				t.Errorf("by force: %v: %s", err, out)
			}
			h.want(before, out)
			if strings.Contains(c.run, later+"\" { content") {
				return // a prune leaves a file that was there before
			}
			h.write("site.hcl", "settings { name = \"s\" }\n")
			for _, command := range []string{"plan", "apply"} {
				if out, err := h.run(command, "--prune", filepath.Join(h.dir, "site.hcl")); err != nil || !strings.Contains(out, "protected by ") {
					t.Errorf("%s --prune: %v: %s", command, err, out)
				}
				h.want(before, out)
			}
			h.write("other.hcl", "settings { name = \"other\" }\n"+strings.ReplaceAll(c.protected, "PROTECT", "")+"\n")
			h.must("apply", filepath.Join(h.dir, "other.hcl"))
			if out := h.must("plan", "--prune", filepath.Join(h.dir, "site.hcl")); !strings.Contains(out, "is not as it was declared") {
				t.Errorf("without protect: %s", out)
			}
		})
	}
}

// checkTree tries a pair in a tree.
func (p pair) checkTree(t *testing.T, mark, tar string) {
	h := newSecretHost(t, secretCase{given: map[string]string{"srv/.keep": "", "usr/local/.keep": ""}})
	for at, text := range p.given {
		h.write("root"+at, text)
	}
	put := func(site, block, mark string) string {
		h.write(site+"/site.hcl", "settings { name = \""+site+"\" }\n"+strings.ReplaceAll(block, "PROTECT", mark)+"\n")
		h.write(site+"/app.tar", tar)
		h.write(site+"/tree/file", "a")
		return filepath.Join(h.dir, site, "site.hcl")
	}
	theirs, ours := put("theirs", p.theirs, mark), put("ours", p.ours, "")
	h.must("apply", theirs)
	before := h.tree()
	out, err := h.run("plan", ours)
	warned := strings.Contains(out, "Warning: ")
	switch {
	case p.free == isFine && (err != nil || warned):
		t.Errorf("the plan is to say nothing\n%v: %s", err, out)
	case p.free == isFine:
		h.must("apply", ours)
		if out, err := h.run("plan", "--detailed-exitcode", theirs); err != nil {
			t.Errorf("the other site has something left to do\n%v: %s", err, out)
		}
	case mark == "" && (!strings.Contains(out, p.free) || p.free == isWarned && (err != nil || !warned)):
		t.Errorf("%q is wanted\n%v: %s", p.free, err, out)
	case mark != "":
		out, err := h.run("apply", ours)
		if err == nil || !strings.Contains(out, "protected by ") {
			t.Errorf("it is to be refused\n%v: %s", err, out)
		}
		if d := h.tree(); len(d) != len(before) {
			t.Errorf("something was changed: %s", out)
		}
		h.want(before, out)
	}
}
