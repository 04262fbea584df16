package cataloguepage

// A group is rules for one purpose.
type group struct {
	name  string
	notes []note
}

// A note is the part of the page about a rule that is neither in its text nor in its incident.
type note struct{ rule, do, tune string }

var groups = []group{
	{"Data", []note{
		{
			"data-spike",
			"Open the device in Notehub and compare its sessions: one long session is an upload or a download, many short ones are a retry. Stop the upload, or let it wait for Wi-Fi.",
			"Set the limit to what one bad day may cost. A firmware download may use three times as much.",
		},
		{
			"data-outlier-in-fleet",
			"Compare the device with one beside it: signal, firmware, sync mode, templates. More data at the same number of sessions usually means a bad antenna.",
			"Put devices that do the same into one fleet, because peers are devices of the same fleets and hardware. Raise the limit for fleets that use little.",
		},
		{
			"plan-80",
			"Look at `notewatch usage DEVICE 30d`. If its use is normal, order data or turn on Connectivity Assurance now. Otherwise find what grew first.",
			"A lower limit gives more time to order. For a SIM that buys data by itself, top-up-imminent fires instead.",
		},
		{
			"plan-runs-out",
			"Decide whether the device should use as much as last week. If so, plan for more data before that date; if not, find what grew.",
			"The limit is how many days you need to order data or to visit a site.",
		},
		{
			"top-up-imminent",
			"A block will be bought at 100 MB. Accept that, or find what uses the data.",
			"Raise the limit to be notified earlier. With `prices: {data_block: …}` the message says what it costs.",
		},
		{
			"chatty-sessions",
			"Check `notewatch usage DEVICE` for events: many sessions with few events are reconnects, so look at signal and supply. As many events as sessions are notes with `sync: true`.",
			"Continuous mode has up to 96 sessions a day, which the limit allows for. Raise it only for devices that must report more often than every 12 minutes.",
		},
		{
			"heavy-sessions",
			"Compare a note from before the last release with one from after it: a lost template is the usual cause. Large environment variables and binary payloads are the others.",
			"It waits for a second day, because a single heavy day is often a bad signal. Devices with large payloads are compared with their own month.",
		},
		{
			"tls-heavy",
			"Look for a notefile that ends in `.qos` or `.qis`, and for `secure` in `hub.set`. If neither is needed, remove it.",
			"About a fifth of sessions over TLS is common. Exclude fleets that must use TLS with `where`.",
		},
		{
			"new-device-hungry",
			"Look at its first sessions. The rule leaves out firmware updates, so the cause is environment variables, a wrong sync period, or a backlog.",
			"Set the limit to the data of the first sync of your devices, with some room.",
		},
	}},
	{"Events", []note{
		{
			"event-flood",
			"Disable the device in Notehub, which stops the bill at once. Then find the notefile that grew, and fix the loop of the host before you enable it.",
			"Set the limit to twice what your busiest device sends in an hour. A new device may send three times the limit in its first week.",
		},
		{
			"event-spike-day",
			"Compare the notefiles of today with those of last week. It is not urgent like a flood: the day is already counted.",
			"Weekdays are compared with the same weekday. Raise the limit for devices that send thousands of events a day.",
		},
		{
			"tracker-storm",
			"Check `card.location.mode` and `card.location.track`: a short heartbeat, a low motion threshold or a GPS period of a minute.",
			"Set the limit above the fastest tracking that you use. The rule waits 75 minutes, so a backlog that arrives at once does not fire it.",
		},
		{
			"debug-log-left-on",
			"Turn tracing off: `card.trace` or `hub.log` in the host's code. Log notes cost data, not events.",
			"A few log notes at each boot are normal. Raise the limit for devices under test, or exclude their fleet with `where`.",
		},
		{
			"sessions-no-events",
			"See whether the host still runs: its sensor, its firmware, its serial or I²C connection to the Notecard.",
			"For devices that only receive, exclude their fleet with `where`, and make their inbound period longer.",
		},
		{
			"activity-drop",
			"See which notefile has fewer events: one sensor of several, or a queue that is full. It is no emergency.",
			"It waits for three days so that holidays do not fire it. A shorter `for` finds faults earlier and fires on quiet days.",
		},
		{
			"watchdog-billing",
			"Decide whether the device is gone. If so, remove it; else repair it, or raise `watchdog_mins` of its fleet.",
			"The limit is the number of events of a month that may be wasted on a device.",
		},
	}},
	{"Health", []note{
		{
			"reboot-loop",
			"Compare its voltage with the week before: a battery that falls under load is the usual cause. After that, the watchdog of the host and its last release.",
			"Six reboots a day are never normal in the field. Raise the limit for devices on a bench.",
		},
		{
			"silent-device",
			"See what it reported last: voltage, signal, location. Then check power, antenna and SIM.",
			"`device.missed` counts sessions that usually come, so weekends and daily devices need no setting of their own. A limit of 6 suits devices that must never be away.",
		},
		{
			"fleet-silent",
			"The devices are rarely the cause. See status.notehub.io and the status of the carrier, then find what was rolled out or which site lost power.",
			"The limit is the share of devices. Alerts of silent-device about these devices are muted while it fires.",
		},
		{
			"fleet-late",
			"As for fleet-silent. It fires earlier, because it counts devices that never wait so long.",
			"Fleets that move, such as trackers, may need a limit of 20.",
		},
	}},
	{"Satellite", []note{
		{
			"sat-70",
			"Send less by satellite: a longer inbound period, compact templates, and notes that wait for cellular.",
			"Set `satellite:` to what you bought; without it, notewatch assumes that each device has 10 kB in all.",
		},
		{
			"sat-burst",
			"Find out why cellular failed: coverage at the site, the SIM, the antenna. Until then each note costs at least 50 bytes.",
			"The limit is the number of bytes a day by satellite that is worth a call.",
		},
		{
			"sat-sessions",
			"It connects again and again, before its bytes are known. Check the inbound period and what makes it sync.",
			"One session an hour is normal. Lower the limit for devices with a small allowance.",
		},
	}},
	{"Routes", []note{
		{
			"route-failing",
			"Check that the endpoint answers, and its secret. Notehub tries three times within six minutes; route the events that failed again by hand.",
			"The rule never fires for a route with fewer than 20 events an hour: write a rule with `h6` or `today` for it.",
		},
		{
			"route-slow",
			"See how busy the endpoint is. It is urgent near 30 seconds, because events that take longer count as failed.",
			"The limit is in milliseconds, of the average of a day.",
		},
	}},
	{"Money", []note{
		{
			"free-events-80",
			"`notewatch top 5 events 30d` names the devices that send most. Events above the free ones are billed.",
			"Set `prices: {free_events: …}` to your contract. The rule does not fire for an account that used them up last month as well.",
		},
		{
			"month-over-budget",
			"See which devices grew, with `notewatch top`. A release that sends more often is the usual cause.",
			"The limit is your budget, in the currency of `prices`.",
		},
		{
			"balance-low",
			"Buy capacity, or turn on automatic recharging: at zero, Notehub stops routing events.",
			"The limit is the number of days that a purchase takes in your company.",
		},
		{
			"suspended",
			"Call the person who pays the bills. notewatch cannot watch the account until the bill is paid.",
			"It has nothing to tune. Route it to someone who can pay.",
		},
	}},
	{"notewatch itself", []note{
		{
			"watcher-blind",
			"`notewatch status` shows why polls fail: a token that expired, a role that was taken away, a limit of requests that others use up, or an outage of Notehub.",
			"It is part of every rules file. A rule of your own with this name replaces it.",
		},
	}},
}
