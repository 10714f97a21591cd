//! The built-in kinds with their flags.

use crate::model::MessageFlags;

/// Neither stored nor counted.
const TRANSIENT: MessageFlags = MessageFlags(0);
/// Stored in the history.
const STORED: MessageFlags = MessageFlags::PERSISTED;
/// Stored and counted as unread.
const ORDINARY: MessageFlags = MessageFlags::PERSISTED.with(MessageFlags::COUNTED);

/// Object name and flags of every built-in kind. Kinds with a status topic of their own ([4.x]) and
/// those that only native clients have (GIF, short video) follow the same table.
pub const BUILT_IN: &[(&str, MessageFlags)] = &[
    ("RC:TxtMsg", ORDINARY),
    ("RC:ImgMsg", ORDINARY),
    ("RC:DizNtf", STORED),
    ("RC:VcMsg", ORDINARY),
    ("RC:ImgTextMsg", ORDINARY),
    ("RC:FileMsg", ORDINARY),
    ("RC:HQVCMsg", ORDINARY),
    ("RC:LBSMsg", ORDINARY),
    ("RC:InfoNtf", STORED),
    ("RC:ContactNtf", STORED),
    ("RC:ProfileNtf", STORED),
    ("RC:CmdNtf", STORED),
    ("RC:PSImgTxtMsg", ORDINARY),
    ("RC:PSMultiImgTxtMsg", ORDINARY),
    ("RCJrmf:RpMsg", ORDINARY),
    ("RCJrmf:RpOpendMsg", ORDINARY),
    ("RC:GrpNtf", STORED),
    ("RC:CmdMsg", TRANSIENT),
    ("RC:TypSts", TRANSIENT),
    ("RC:PSCmd", TRANSIENT),
    ("RC:RcCmd", STORED),
    ("RC:SRSMsg", TRANSIENT),
    ("RC:RRReqMsg", TRANSIENT),
    ("RC:RRRspMsg", TRANSIENT),
    ("RC:CsChaR", TRANSIENT),
    ("RC:CSCha", TRANSIENT),
    ("RC:CsEva", TRANSIENT),
    ("RC:CsContact", TRANSIENT),
    ("RC:CsHs", TRANSIENT),
    ("RC:CsHsR", TRANSIENT),
    ("RC:CsSp", TRANSIENT),
    ("RC:CsEnd", TRANSIENT),
    ("RC:CsUpdate", TRANSIENT),
    ("RC:ReadNtf", TRANSIENT),
    ("RC:CombineMsg", ORDINARY),
    ("RC:chrmKVNotiMsg", TRANSIENT),
    ("RC:VCAccept", TRANSIENT),
    ("RC:VCRinging", TRANSIENT),
    ("RC:VCSummary", TRANSIENT),
    ("RC:VCHangup", TRANSIENT),
    ("RC:VCInvite", TRANSIENT),
    ("RC:VCModifyMedia", TRANSIENT),
    ("RC:VCModifyMem", TRANSIENT),
    ("RC:GIFMsg", ORDINARY),
    ("RC:SightMsg", ORDINARY),
    ("RC:ReferenceMsg", ORDINARY),
    ("RC:MsgExMsg", TRANSIENT),
    ("RC:LogCmdMsg", TRANSIENT),
    ("RC:RRMsg", TRANSIENT),
];

/// The flags of a built-in kind; `None` for one that is not, whose sender decides.
pub fn flags_of(object_name: &str) -> Option<MessageFlags> {
    BUILT_IN.iter().find(|(name, _)| *name == object_name).map(|(_, flags)| *flags)
}
