const SHORT = { chars: 48, words: 7, han: 12 }

/** A short message that cannot be understood, and so not be classified, without the one before it. */
export const isFollowUp = (text: string): boolean => {
  if (text.length > SHORT.chars) return false
  const said = text
    .toLowerCase()
    .replace(/[\s,.!?;:，。！？；…]+/g, ' ')
    .trim()
  if (said === '') return true
  if (/\p{Script=Han}/u.test(said)) return said.length <= SHORT.han && inChinese.some(form => form.test(said))
  return said.split(' ').length <= SHORT.words && inEnglish.some(form => form.test(said))
}

const inEnglish = [
  /^(and|or|but|also|what about|how about|what if|instead)\b/,
  /^same (\S+ )?(error|problem|issue|result|thing|here|again|there)\b|^same$/,
  /^(so|then) (what|how|why|it|that|this|i|we|you|is|does|do|should|can)\b/,
  // An answer or a sigh, alone or before a few words.
  /^(yes|yeah|yep|no|nope|ok|okay|sure|please|thanks|thank you|great|hm+|go on|go ahead|do it|continue|more)( \S+){0,2}$/,
  /^(it |that |this )?(is |it's )?(still|again)\b/,
  /^(it|that|this|they) (\S+ ){0,4}\S+$/,
  /^(doesn't|does not|didn't|did not|not|won't) (work|working|help|helping|enough|possible|true|there)\b/,
  /^are you (really )?sure\b/,
  // The same once more, or otherwise.
  /^(please )?(try|do|run|say|explain|elaborate|show me|details?)( it| that| this)?( again| more| further| differently)?( please)?$/,
  /^(please )?(make|put|write|explain|show|give|use|turn|keep|say) (it|this|that|them)\b/,
  /^(much )?(shorter|longer|simpler|faster|slower|briefly|in short)\b/,
  /^((can|could) you )?(please )?(give|show)( me| us)? (an|another|some|more) examples?$/,
  // A question word with nothing behind it but what was said before.
  /^(why|how|where|when|which one|which|who|really|what)( not| so| then| now| exactly| else| next)?$/,
  /^(now )?(on|for|with|without|in|using|via)( \S+){1,2}( too| instead| please| as well)?$/,
  /\b(it|this|these|those|them|that|there|one|ones)( please| instead| now| too)?$/,
  /^(why|how|what|where|does|do|did|is|are|was|can|could|will|would|should|shall)( \S+)? (it|that|this|they|these|those)\b/,
]

const inChinese = [
  /^(那|还|然后|继续|再|也|或者|但是|如果|换成|同样|所以|具体|有没有(别的|其他))/,
  /^(好的?|是的?|对|不是?|不行|不对|可以|谢谢|行|嗯+|没有?用?|没变化|失败了)$/,
  /^(为什么|为啥|怎么办|怎么做|怎么弄|什么意思|哪个|哪里|真的吗|具体呢|详细点|举个例子)(呢|啊|呀)?$/,
  /呢$/,
  /(还是|仍然|依然)(不行|不对|失败|报错|一样)/,
]
