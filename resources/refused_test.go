package resources

import (
	"errors"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// TestRefusedEarly shows mistakes that the manifest alone tells, with the word that is at fault.
func TestRefusedEarly(t *testing.T) {
	sections := func(section, key, value string) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{section: cty.ObjectVal(map[string]cty.Value{key: cty.StringVal(value)})})
	}
	name, err := ParseUnitName("app.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		err  error
		word string
		want string
	}{
		{"section", checkSectionNames(name, sections("Instal", "WantedBy", "x")), "Instal", `app.service has no section "Instal". Did you mean "Install"?`},
		{"section of another type", checkSectionNames(name, sections("Timer", "OnCalendar", "x")), "Timer", `app.service has no section "Timer". It has Unit, Install, Service.`},
		{"word of a key", checkSectionNames(name, sections("Service", "Restart", "allways")), "allways", `Restart takes no "allways". Did you mean "always"?`},
		{"bool of a key", checkSectionNames(name, cty.ObjectVal(map[string]cty.Value{"Service": cty.ObjectVal(map[string]cty.Value{"Restart": cty.True})})), "true", `Restart takes no "yes". It takes no, on-success`},
		{"false of a key", checkSectionNames(name, cty.ObjectVal(map[string]cty.Value{"Service": cty.ObjectVal(map[string]cty.Value{"Restart": cty.False})})), "", ""},
		{"package with its version", checkLabelName(cty.StringVal("nginx=1.2")), "", `package "nginx" { version = "1.2" }`},
		{"two packages", checkLabelName(cty.StringVal("nginx, curl")), "", `for_each = toset(["nginx", "curl"])`},
		{"pattern of packages", checkPackageName(cty.StringVal("lib*")), "", "not a pattern"},
		{"source of another tool", errors.New(meantSource("puppet")), "", "a file beside the manifest is named without a scheme"},
		{"key", checkSectionNames(name, sections("Service", "Restrat", "always")), "Restrat", `the section Service has no "Restrat". Did you mean "Restart"?`},
		{"key in other letters", checkSectionNames(name, sections("Service", "execstart", "/bin/true")), "execstart", `Did you mean "ExecStart"?`},
		{"key of another section", checkSectionNames(name, sections("Unit", "ExecStart", "/bin/true")), "ExecStart", `the section Unit has no "ExecStart". It stands in Service.`},
		{"key of a unit in a service", checkSectionNames(name, sections("Service", "After", "x")), "After", "It stands in Unit."},
		{"key of a later systemd", checkSectionNames(name, sections("Service", "PrivateBPF", "yes")), "", ""},
		{"key of resources", checkSectionNames(name, sections("Service", "MemoryMax", "1G")), "", ""},
		{"key of another program", checkSectionNames(name, sections("Service", "X-Restrat", "1G")), "", ""},
		{"command line as a word", checkCommand(words("systemctl restart nginx")), "", `each word has quotes of its own: ["systemctl", "restart", "nginx"]`},
		{"command line of a shell as a word", checkCommand(words("echo a > /b")), "", "a command line for a shell is a text, without the brackets"},
		{"options behind a path", checkCommand(words("/usr/sbin/nginx -t")), "", `["/usr/sbin/nginx", "-t"]`},
		{"path with blanks", checkCommand(words("/opt/My App/run")), "", ""},
		{"parameter with its value", checkSysctlKey(cty.StringVal("vm.swappiness = 10")), "", `sysctl "vm.swappiness" { value = "10" }`},
		{"digit of no mode", modeError("0688"), "", `its digits are 0 to 7, and 8 is none of them`},
		{"zone", checkZone(cty.StringVal("Europe/Berln")), "", `"Europe/Berln" is none; there is "Europe/Berlin"`},
		{"zone in small letters", checkZone(cty.StringVal("europe/berlin")), "", `there is "Europe/Berlin"`},
		{"city alone", checkZone(cty.StringVal("New York")), "", `there is "America/New_York"`},
		{"zone of a later tzdata", checkZone(cty.StringVal("Europe/Atlantis")), "", ""},
		{"short zone", checkZone(cty.StringVal("UTC")), "", ""},
		{"line of chpasswd", checkHash(cty.StringVal("a:$6$x$y")), "", "must be the hash alone: USER:HASH is a line of chpasswd"},
		{"user and password", checkHash(cty.StringVal("a:hunter2")), "", "not USER:PASSWORD as chpasswd takes it"},
		{"user before a command", checkCronCommand(cty.StringVal("root /usr/bin/backup")), "", `the user is set by user = "root"`},
		{"command", checkCronCommand(cty.StringVal("/usr/bin/backup root")), "", ""},
		{"good", checkSectionNames(name, sections("Service", "Restart", "always")), "", ""},
		{"section of another program", checkSectionNames(name, sections("X-Fleet", "A", "b")), "", ""},
		{"sysctl", checkSysctlValue(cty.StringVal("true")), "", "1 switches a parameter on"},
		{"sysctl, good", checkSysctlValue(cty.StringVal("1")), "", ""},
		{"path of a home", checkPath(cty.StringVal("~/.bashrc")), "", `~ is not expanded: "/root/.bashrc" for root`},
		{"regular expression", checkRegexp(cty.StringVal("^(a")), "", "is no regular expression: a ) is missing"},
		{"key of a host", checkHostKeys(cty.ListVal([]cty.Value{cty.StringVal("AAAAC3NzaC1lZDI1NTE5AAAAIabc")})), "", "has no type in front of it, as `ssh-keyscan HOST`"},
		{"id of a key", (&RepositoryWant{Key: resource.Some("0x8D81803C0EBFCD88")}).readKey(resource.Input{}), "", "takes the key itself, in ASCII armor"},
		{"path of a key", (&RepositoryWant{Key: resource.Some("@keys/docker.asc")}).readKey(resource.Input{}), "", `not its path: write key_source = "keys/docker.asc"`},
		{"URL of a key", (&RepositoryWant{Key: resource.Some("https://d.example.com/key.asc")}).readKey(resource.Input{}), "", `write key_source = "https://d.example.com/key.asc"`},
		{"path of a user's key", checkAuthorizedKey(cty.StringVal("~/.ssh/id_ed25519.pub")), "", `write file("id_ed25519.pub"); ~ and variables of a shell are not expanded`},
		{"path of a key beside the manifest", checkSSHKeys(cty.ListVal([]cty.Value{cty.StringVal("./keys/anna.pub")})), "", `write file("keys/anna.pub")`},
		{"argument of curl in place of a key", checkAuthorizedKey(cty.StringVal("@/home/anna/key.pub")), "", `write file("/home/anna/key.pub")`},
		{"path of a host's key", checkHostKeys(cty.ListVal([]cty.Value{cty.StringVal("/etc/ssh/ssh_host_ed25519_key.pub")})), "", `write file("/etc/ssh/ssh_host_ed25519_key.pub")`},
		{"URL in place of a user's key", checkAuthorizedKey(cty.StringVal("https://github.com/anna.keys")), "", `is a URL, and must be the key itself`},
		{"line of sources.list", checkRepositoryURL(cty.StringVal("deb [arch=amd64 signed-by=/x] https://d.example.com/debian bookworm main contrib")), "", `url = "https://d.example.com/debian", suites = ["bookworm"] and components = ["main", "contrib"]`},
		{"owner and group in one", checkName(cty.StringVal("www-data:adm")), "", `owner = "www-data" and group = "adm"`},
		{"size of swap with a blank", checkSwapSize(cty.StringVal("2 GiB")), "", `Here that is "2G"`},
		{"size of swap", checkSwapSize(cty.StringVal("plenty")), "", `such as "2G"`},
		{"URL without scheme", checkRepositoryURL(cty.StringVal("download.example.com/linux")), "", `has no scheme in front of it: "https://download.example.com/linux"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == "" {
				if tt.err != nil {
					t.Error(tt.err)
				}
				return
			}
			if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
				t.Fatalf("error %v, want %s", tt.err, tt.want)
			}
			var at *resource.AttrError
			if tt.word != "" && (!errors.As(tt.err, &at) || at.Word != tt.word) {
				t.Errorf("marks %+v, want %s", at, tt.word)
			}
		})
	}
	if err := checkHash(cty.StringVal("hunter2")); !errors.As(err, new(resource.FormError)) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the form of a hash is withheld, or the password shown: %v", err)
	}
}

func words(of ...string) cty.Value {
	var out []cty.Value
	for _, word := range of {
		out = append(out, cty.StringVal(word))
	}
	return cty.TupleVal(out)
}

func modeError(s string) error {
	_, err := ParseMode(s)
	return err
}
