# What this host is to be: this file and every other *.hcl here. As it comes, it
# declares nothing.
#
#   converge plan /etc/converge              shows what would change
#   converge apply /etc/converge             changes it, and proves it
#   systemctl enable --now converge.timer    does so one to six minutes after each boot,
#                                            and 30 to 35 minutes after each run
#   systemctl enable --now converge-drift.timer
#                                            compares every day, and changes nothing
#   converge explain                         lists what can be declared
#   converge facts                           prints node, what is known of this host
#
# Attributes of this host's own (node.role) come from /etc/converge/node.d/*.json and
# *.hcl. An example, to be uncommented:

# package "nginx" {}
#
# directory "/srv/www" {}
#
# file "/srv/www/index.html" {
#   content = "Welcome to ${node.hostname}.\n"
# }
#
# service "nginx" {
#   enabled = true
#   running = true
# }
