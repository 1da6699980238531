package facts

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	t.Parallel()
	f, err := Read(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.OS.ID == "" || f.Arch == "" || f.Kernel.Version == "" || f.Hostname == "" || f.FQDN == "" ||
		f.CPU.Count < 1 || f.Memory.Total == 0 || f.RootFS.Size == 0 || f.RootFS.Type == "" || f.Virtualization.Type == "" {
		t.Errorf("something every Linux machine has is missing: %+v", f)
	}
	if lo, ok := f.Interfaces["lo"]; ok && !slices.Contains(lo.Addresses, "127.0.0.1/8") && lo.Up {
		t.Errorf("lo is up and has %v", lo.Addresses)
	}
	v, err := f.Value()
	if err != nil {
		t.Fatal(err)
	}
	if got := v.GetAttr("os").GetAttr("id"); got.AsString() != f.OS.ID {
		t.Errorf("node.os.id = %#v", got)
	}
}

// Every fact has a documented name, and every name of the value is a fact.
func TestTable(t *testing.T) {
	t.Parallel()
	var top []string
	for _, f := range Table() {
		if f.Name == "" || f.Doc == "" || strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%+v is not documented as it should be", f)
		}
		if !strings.Contains(f.Name, ".") {
			top = append(top, f.Name)
		}
	}
	v, err := Facts{}.Value()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(top)
	var names []string
	for name := range v.Type().AttributeTypes() {
		names = append(names, name)
	}
	names = slices.AppendSeq(names, maps.Keys(readOnUse(t.Context(), "/")))
	names = append(names, "custom")
	slices.Sort(names)
	if d := cmp.Diff(names, top); d != "" {
		t.Errorf("value and table differ:\n%s", d)
	}
	if !v.GetAttr("cloud").IsNull() {
		t.Error("no cloud must be null")
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadOfTree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"usr/lib/os-release":                "ID=alpine\nVERSION_ID=3.19\n",
		"etc/hostname":                      "web1\n",
		"etc/hosts":                         "127.0.0.1 localhost\n10.0.0.1 web1.example.org web1 # main\n",
		"etc/machine-id":                    "0123\n",
		"sbin/openrc":                       "",
		"sbin/apk":                          "",
		"run/cloud-init/instance-data.json": "{damaged",
	})
	// An absolute link in a tree starts at the tree's root.
	if err := os.Symlink("/usr/lib/os-release", filepath.Join(dir, "etc/os-release")); err != nil {
		t.Fatal(err)
	}
	f, err := Read(t.Context(), Options{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{f.OS.ID, f.OS.Version, f.OS.Family, f.Hostname, f.FQDN, f.MachineID, f.Init, strings.Join(f.PackageManagers, " ")}
	want := []string{"alpine", "3.19", "alpine", "web1", "web1.example.org", "0123", "openrc", "apk"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if f.Cloud != nil {
		t.Error("a tree is no instance")
	}
}

func TestOSReleases(t *testing.T) {
	t.Parallel()
	want := map[string]OS{
		"debian-12":   {"debian", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)", "debian"},
		"rocky-9":     {"rocky", "9.3", "", "Rocky Linux 9.3 (Blue Onyx)", "redhat"},
		"arch":        {"arch", "", "", "Arch Linux", "arch"},
		"opensuse-15": {"opensuse-leap", "15.5", "", "openSUSE Leap 15.5", "suse"},
		"alpine-3":    {"alpine", "3.19.1", "", "Alpine Linux v3.19", "alpine"},
	}
	for name, o := range want {
		b, err := os.ReadFile(filepath.Join("testdata/os-release", name))
		if err != nil {
			t.Fatal(err)
		}
		kv, err := ParseOSRelease(string(b))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(o, osOf(kv)); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
}

func TestParseOSRelease(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`A=b`:                           `b`,
		`A="b c"`:                       `b c`,
		`A='Foo "Bar"'`:                 `Foo "Bar"`,
		`A="a\"b\\c\$d\` + "`" + `e\f"`: "a\"b\\c$d`e\\f",
		`A='a\b'`:                       `a\b`,
		`A=a\ b`:                        `a b`,
		`A="a"'b'c`:                     `abc`,
		`A=`:                            ``,
		`A=b # comment`:                 `b`,
		`  A=b  `:                       `b`,
		"# c\n\nA=b\r\n":                `b`,
		"A=x\nA=y":                      `y`,
	} {
		kv, err := ParseOSRelease(in)
		if err != nil || kv["A"] != want {
			t.Errorf("%q: got %q, %v; want %q", in, kv["A"], err, want)
		}
	}
	for in, want := range map[string]string{
		"A=b\nfoo":     `2: "foo" is not an assignment`,
		`A="b`:         `1: A: a quote is not closed`,
		`A='b`:         `1: A: a quote is not closed`,
		`A=b\`:         `1: A: nothing follows the last backslash`,
		`A=b c`:        `1: A: "c" follows the value`,
		`1A=b`:         `1: "1A=b" is not an assignment`,
		"export A='b'": `1: "export A='b'" is not an assignment`,
	} {
		if _, err := ParseOSRelease(in); err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %q", in, err, want)
		}
	}
}

func FuzzParseOSRelease(f *testing.F) {
	f.Add("ID=debian\nNAME=\"a\\\"b\"\n")
	f.Add("A='x'\\'y # z")
	f.Fuzz(func(_ *testing.T, s string) { _, _ = ParseOSRelease(s) })
}

func TestSmallParsers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"0": 1, "0-3\n": 4, "0-1,4,6-7": 5, "": 0, "x": 0, "3-1": 0, "0-99999999999": 0} {
		if got := countCPUs(in); got != want {
			t.Errorf("countCPUs(%q) = %d, want %d", in, got, want)
		}
	}
	for _, tt := range [][3]string{
		{"web1", "10.0.0.1 web1.example.org web1", "web1.example.org"},
		{"web1", "10.0.0.1 web1 web1.example.org", "web1.example.org"},
		{"web1", "# 10.0.0.1 web1.example.org", "web1"},
		{"web1", "10.0.0.1 web10.example.org", "web1"},
		{"a.b.c", "", "a.b.c"},
		{"", "10.0.0.1 x", ""},
	} {
		if got := findFQDN(tt[0], tt[1]); got != tt[2] {
			t.Errorf("fqdn(%q, %q) = %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
	if got := parseKernel("Linux", "6.1.0-18-amd64").Version; got != "6.1.0" {
		t.Errorf("kernel version %q", got)
	}
	routes := "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n" +
		"wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n" +
		"eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n" +
		"eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	if got := parseRoutes(routes); got != "eth0" {
		t.Errorf("default route over %q", got)
	}
	v4, v6 := choosePrimary(map[string]Interface{"eth0": {Addresses: []string{"fe80::1/64", "2001:db8::7/64", "192.0.2.7/24"}}}, "eth0", "eth0")
	if v4 != "192.0.2.7" || v6 != "2001:db8::7" {
		t.Errorf("primary addresses %q, %q", v4, v6)
	}
}

func TestParseCloud(t *testing.T) {
	t.Parallel()
	captured, err := os.ReadFile("testdata/instance-data-nocloud.json") // of cloud-init 22.4.2
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		data string
		want *Cloud
		err  string
	}{
		"captured": {data: string(captured), want: &Cloud{
			Name: "unknown", ID: "nocloud", Platform: "nocloud", Subplatform: "seed-dir (/var/lib/cloud/seed/nocloud)", InstanceID: "i-1", Hostname: "born",
		}},
		"ec2": {
			data: `{"v1": {"cloud_name": "aws", "platform": "ec2", "region": "eu-1", "instance_id": "i-1", "local_hostname": null, "public_ssh_keys": []},
				"ds": {"meta_data": {"instance-type": "m7g.large", "local-ipv4": "10.0.0.7", "public-ipv4": "192.0.2.7"}}}`,
			want: &Cloud{Name: "aws", Platform: "ec2", Region: "eu-1", InstanceID: "i-1", InstanceType: "m7g.large", LocalIPv4: "10.0.0.7", PublicIPv4: "192.0.2.7"},
		},
		"azure": {
			data: `{"v1": {"cloud_name": "azure"}, "ds": {"meta_data": {"imds": {"compute": {"vmSize": "Standard_B2s"},
				"network": {"interface": [{"ipv4": {"ipAddress": [{"privateIpAddress": "10.0.0.8", "publicIpAddress": ""}]}}]}}}}}`,
			want: &Cloud{Name: "azure", InstanceType: "Standard_B2s", LocalIPv4: "10.0.0.8"},
		},
		"openstack": {
			data: `{"v1": {"cloud_name": "openstack"}, "ds": {"meta_data": {"uuid": "x"}, "ec2_metadata": {"instance-type": "m1.small"}}}`,
			want: &Cloud{Name: "openstack", InstanceType: "m1.small"},
		},
		"redacted, and of other forms": {
			data: `{"v1": {"region": "redacted for non-root user"}, "ds": {"meta_data": {"instance-type": ["x"], "local-ipv4": "redacted for non-root user", "imds": []}}}`,
			want: &Cloud{},
		},
		"data of another form": {data: `{"v1": {}, "ds": "x"}`, want: &Cloud{}},
		"no v1":                {data: `{}`},
		"damaged":              {data: "{\n\"v1\": {\"region\": 3}}", err: "2: "},
	} {
		c, err := parseCloud([]byte(tt.data))
		if tt.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want one of line 2", name, err)
			}
			continue
		}
		if d := cmp.Diff(tt.want, c); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
	}
}

func FuzzParseCloud(f *testing.F) {
	f.Add([]byte(`{"v1": {"cloud_name": "x"}}`))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = parseCloud(b) })
}

func TestBoot(t *testing.T) {
	t.Parallel()
	id, a, err := Boot()
	if err != nil || len(id) != 36 || a <= 0 {
		t.Fatalf("Boot() = %q, %v, %v", id, a, err)
	}
	if _, b, _ := Boot(); b < a {
		t.Errorf("the clock went back from %v to %v", a, b)
	}
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		f, err := Read(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Value(); err != nil {
			b.Fatal(err)
		}
	}
}
