"""What the user prefers, and what waits at the server."""

from support import Case, anser, private


class Settings(Case):
    async def test_quiet_hours(self):
        options = {"data_dir": self.folder, "user_id": self.users[0]}
        alice = self.person(self.users[0], **options)
        self.assertIsNone(await alice.settings.quiet_hours())
        night = anser.QuietHours(start_minute=22 * 60, duration_minutes=9 * 60, except_mentions=True)
        await alice.settings.set_quiet_hours(night)
        never = anser.QuietHours(start_minute=24 * 60, duration_minutes=1, except_mentions=False)
        await self.refused(33003, alice.settings.set_quiet_hours(never))
        alice.client.shutdown()
        alice = self.person(self.users[0], **options)
        self.assertEqual(await alice.settings.quiet_hours(), night, "kept across a restart")
        await alice.settings.remove_quiet_hours()
        self.assertIsNone(await alice.settings.quiet_hours())

    async def test_offline_days(self):
        alice = await self.join(self.users[0])
        self.assertEqual(await alice.settings.offline_days(), 0, "not chosen yet")
        await alice.settings.set_offline_days(3)
        phone = await self.join(alice.user, platform=anser.Platform.MOBILE)
        self.assertEqual(await phone.settings.offline_days(), 3, "the account's, not the device's")
        await self.refused(33003, alice.settings.set_offline_days(8))
        await alice.client.disconnect()
        self.assertEqual(await alice.settings.offline_days(), 3, "the last known number")
        await self.refused(30001, alice.settings.set_offline_days(2))

    async def test_what_waits(self):
        alice, bob = await self.both()
        await bob.client.sync_now()
        self.assertFalse(await bob.settings.has_remote_unread())
        await bob.client.disconnect()
        await alice.say(private(bob.user), "are you there?")
        self.assertTrue(await bob.settings.has_remote_unread())
        await self.refused(33001, self.person(self.users[0]).settings.has_remote_unread())
